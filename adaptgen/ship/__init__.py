"""Ship a server or the proxy: bundles for AWS Lambda and AgentCore Runtime, templates, deployments."""
