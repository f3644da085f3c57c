"""The CloudFormation template of a bundle: the function, its role, its doors, its logs and alarms."""
