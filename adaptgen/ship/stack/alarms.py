"""Alarms and the dashboard of a stack."""

from __future__ import annotations

import json

from adaptgen.ship.stack.cloudformation import Json, if_, sub


def alarms(name: str, alias: str) -> dict[str, Json]:
    """On errors of the platform (a call that fails is an answer, and none of them) and on the slowest hundredth."""
    common: dict[str, Json] = {
        "Namespace": "AWS/Lambda",
        "Dimensions": [
            {"Name": "FunctionName", "Value": {"Ref": "Function"}},
            {"Name": "Resource", "Value": sub("${Function}:live")},
        ],
        "Period": 300,
        "TreatMissingData": "notBreaching",
        "AlarmActions": if_("HasTopic", [{"Ref": "AlarmTopicArn"}]),
    }
    return {
        "ErrorAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "DependsOn": alias,
            "Properties": {
                **common,
                "AlarmDescription": f"{name} fails",
                "MetricName": "Errors",
                "Statistic": "Sum",
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Threshold": 1,
            },
        },
        "SlowAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "DependsOn": alias,
            "Properties": {
                **common,
                "AlarmDescription": f"{name} is slow: p99 of its duration",
                "MetricName": "Duration",
                "ExtendedStatistic": "p99",
                "EvaluationPeriods": 3,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": {"Ref": "SlowMilliseconds"},
            },
        },
    }


def dashboard() -> Json:
    """Calls, errors, durations, and what runs at once."""
    rows = (
        ("Calls", (("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"))),
        ("Duration", (("Duration", "p50"), ("Duration", "p99"))),
        ("At once", (("ConcurrentExecutions", "Maximum"),)),
    )
    widgets = [
        {
            "type": "metric",
            "x": 8 * at,
            "y": 0,
            "width": 8,
            "height": 6,
            "properties": {
                "title": title,
                "region": "${AWS::Region}",
                "period": 300,
                "view": "timeSeries",
                "metrics": [
                    ["AWS/Lambda", metric, "FunctionName", "${Function}", {"stat": stat}] for metric, stat in metrics
                ],
            },
        }
        for at, (title, metrics) in enumerate(rows)
    ]
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": sub("${AWS::StackName}-${AWS::Region}"),
            "DashboardBody": sub(json.dumps({"widgets": widgets}, separators=(",", ":"))),
        },
    }
