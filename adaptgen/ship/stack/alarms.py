"""Alarms and the dashboard of a stack.

A call that fails is an answer, so the platform sees none of them: the server counts its calls itself
(``govern.telemetry.cloudwatch``), and most alarms watch what it counts.
"""

from __future__ import annotations

import json

from adaptgen.govern.telemetry.cloudwatch import DURATION, NAMESPACE
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack.cloudformation import Json, Resources, given, if_, sub, text_parameter
from adaptgen.ship.stack.data import uses_dynamodb
from adaptgen.ship.stack.versions import ALIAS

WATCHED = ("ErrorAlarm", "FailedAlarm", "SlowAlarm", "StateAlarm", "ThrottleAlarm")
"""What a new version can break: these take a shift back, if the stage names no others. Denials and outages of the API
are not its fault."""
_PERIOD = 300


def alarm_parameters() -> Resources:
    """Where alarms go, and when they ring."""
    return {
        "AlarmTopicArn": text_parameter("The SNS topic that alarms go to, when they ring and when they stop", ""),
        "FailedPercent": _threshold(
            5, "An alarm when this share or more of all calls in five minutes fail, in percent"
        ),
        "FailedMinimum": _threshold(10, "… of this many calls at least"),
        "DeniedCalls": _threshold(50, "An alarm when this many calls in five minutes are not permitted"),
        "UpstreamFailures": _threshold(5, "An alarm when this many calls in five minutes do not reach the API"),
        "SlowMilliseconds": _threshold(5000, "An alarm when one call in a hundred takes longer"),
        "ConcurrencyPercent": _threshold(80, "An alarm when this much of ReservedConcurrency is in use"),
    }


def alarm_conditions() -> Resources:
    """What alarms depend on."""
    return {"HasTopic": given("AlarmTopicArn")}


def _threshold(default: int, description: str) -> Json:
    return {"Type": "Number", "Default": default, "MinValue": 1, "Description": description}


def alarms(bundle: Bundle) -> Resources:
    """By their logical ids, which a stage file may name."""
    name = bundle.shipment.name
    counts = bundle.shipment.settings.metrics.cloudwatch is not False
    ours = {"Namespace": NAMESPACE, "Dimensions": [_dimension("FunctionName", {"Ref": "Function"})]}
    platform = {
        "Namespace": "AWS/Lambda",
        "Dimensions": [*ours["Dimensions"], _dimension("Resource", sub("${Function}:live"))],
    }
    whole = {"Namespace": "AWS/Lambda", "Dimensions": ours["Dimensions"]}
    slow = {"ExtendedStatistic": "p99", "EvaluationPeriods": 3, "Threshold": {"Ref": "SlowMilliseconds"}}
    slowly = {**ours, "MetricName": DURATION} if counts else {**platform, "MetricName": "Duration"}
    found: Resources = {
        "ErrorAlarm": _alarm(f"{name} crashes or runs out of time", {**platform, "MetricName": "Errors"}),
        "SlowAlarm": _alarm(f"{name} is slow: p99 of its calls", {**slowly, **slow}),
        "ThrottleAlarm": _alarm(f"calls of {name} are turned away", {**whole, "MetricName": "Throttles"}),
        "ConcurrencyAlarm": {
            **_alarm(
                f"{name} uses most of its reserved concurrency",
                {
                    "Metrics": [
                        _metric("used", whole, "ConcurrentExecutions", "Maximum"),
                        _expression(sub("100*used/${ReservedConcurrency}")),
                    ],
                    "Threshold": {"Ref": "ConcurrencyPercent"},
                },
            ),
            "Condition": "HasReserved",
        },
        "GatewayAlarm": {**_alarm(f"the API of {name} fails", _gateway()), "Condition": "HasGateway"},
    }
    if counts:
        found |= _call_alarms(name, ours)
    if uses_dynamodb(bundle):
        found["TableAlarm"] = _alarm(f"the table of {name} turns requests away", _table())
    return found


def runtime_alarms(bundle: Bundle) -> Resources:
    """Those of a runtime of AgentCore, which has no function that the platform could count."""
    if bundle.shipment.settings.metrics.cloudwatch is False:
        return {}
    ours = {"Namespace": NAMESPACE, "Dimensions": [_dimension("Service", {"Ref": "RuntimeName"})]}
    name = bundle.shipment.name
    slow = {"ExtendedStatistic": "p99", "EvaluationPeriods": 3, "Threshold": {"Ref": "SlowMilliseconds"}}
    found: Resources = {
        "SlowAlarm": _alarm(f"{name} is slow: p99 of its calls", {**ours, "MetricName": DURATION, **slow}),
        **_call_alarms(name, ours),
    }
    if uses_dynamodb(bundle):
        found["TableAlarm"] = _alarm(f"the table of {name} turns requests away", _table())
    return {name: {**one, "DependsOn": "Endpoint"} for name, one in found.items()}


def _call_alarms(name: str, ours: Json) -> Resources:
    """On what the server counts itself."""
    failed = sub("IF(calls>=${FailedMinimum},100*failed/calls,0)")
    denied, unreachable = {"Ref": "DeniedCalls"}, {"Ref": "UpstreamFailures"}
    return {
        "FailedAlarm": _alarm(
            f"calls of {name} fail",
            {
                "Metrics": [
                    _metric("failed", ours, "FailedCalls", "Sum"),
                    _metric("calls", ours, "Calls", "Sum"),
                    _expression(failed),
                ],
                "Threshold": {"Ref": "FailedPercent"},
            },
        ),
        "DeniedAlarm": _alarm(
            f"calls of {name} are not permitted", {**ours, "MetricName": "DeniedCalls", "Threshold": denied}
        ),
        "UpstreamAlarm": _alarm(
            f"{name} does not reach its API", {**ours, "MetricName": "UpstreamFailures", "Threshold": unreachable}
        ),
        "StateAlarm": _alarm(f"{name} does not reach its state", {**ours, "MetricName": "StateFailures"}),
    }


def _alarm(text: str, watched: Json) -> Json:
    """One that rings at its threshold: a single event, if nothing else is said. Silence does not ring."""
    simple = {} if "Metrics" in watched else {"Period": _PERIOD}
    statistic = {} if not simple or "ExtendedStatistic" in watched else {"Statistic": "Sum"}
    topic = if_("HasTopic", [{"Ref": "AlarmTopicArn"}])
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "DependsOn": ALIAS,
        "Properties": {
            "AlarmDescription": text,
            **simple,
            **statistic,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1,
            **watched,
            "TreatMissingData": "notBreaching",
            "AlarmActions": topic,
            "OKActions": topic,
        },
    }


def _dimension(name: str, value: Json) -> Json:
    return {"Name": name, "Value": value}


def _metric(id: str, where: Json, name: str, statistic: str) -> Json:
    return {
        "Id": id,
        "ReturnData": False,
        "MetricStat": {"Metric": {**where, "MetricName": name}, "Period": _PERIOD, "Stat": statistic},
    }


def _expression(text: Json) -> Json:
    return {"Id": "result", "Expression": text, "ReturnData": True}


def _gateway() -> Json:
    """Both kinds of API count under other names."""
    dimension = if_(
        "HasHttp",
        _dimension("ApiId", {"Ref": "HttpApi"}),
        _dimension("ApiName", sub("${AWS::StackName}")),
    )
    name = if_("HasHttp", "5xx", "5XXError")
    return {"Namespace": "AWS/ApiGateway", "Dimensions": [dimension], "MetricName": name, "Threshold": 5}


def _table() -> Json:
    dimension = _dimension("TableName", if_("MakesTable", {"Ref": "StateTable"}, {"Ref": "StateTableName"}))
    where = {"Namespace": "AWS/DynamoDB", "Dimensions": [dimension]}
    return {
        "Metrics": [
            _metric("reads", where, "ReadThrottleEvents", "Sum"),
            _metric("writes", where, "WriteThrottleEvents", "Sum"),
            _expression("FILL(reads,0)+FILL(writes,0)"),
        ]
    }


# --------------------------------------------------------------------------------------------------------- dashboard

_Row = tuple[str, str, tuple[tuple[str, str], ...]]
_ROWS: tuple[_Row, ...] = (
    ("Calls", NAMESPACE, tuple((one, "Sum") for one in ("Calls", "FailedCalls", "DeniedCalls", "LimitedCalls"))),
    ("Milliseconds", NAMESPACE, ((DURATION, "p50"), (DURATION, "p99"))),
    ("Outages", NAMESPACE, (("UpstreamFailures", "Sum"), ("StateFailures", "Sum"))),
    ("Invocations", "AWS/Lambda", (("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"))),
    ("Milliseconds of the function", "AWS/Lambda", (("Duration", "p50"), ("Duration", "p99"))),
    ("At once", "AWS/Lambda", (("ConcurrentExecutions", "Maximum"),)),
)
_TOOLS = (
    "filter ispresent(Tool) | stats count() as calls, pct(CallDuration, 99) as p99 by Tool, Outcome | sort calls desc"
)


def dashboard(bundle: Bundle) -> Json:
    """Calls and how they end, durations, outages, what runs at once, and the tools that are called."""
    counts = bundle.shipment.settings.metrics.cloudwatch is not False
    rows = [row for row in _ROWS if counts or row[1] != NAMESPACE]
    widgets = [_widget(at, row) for at, row in enumerate(rows)]
    if counts:
        query = f"SOURCE '${{LogGroup}}' | {_TOOLS}"
        properties = {"title": "Tools", "region": "${AWS::Region}", "query": query, "view": "table"}
        widgets.append({"type": "log", "x": 0, "y": 12, "width": 24, "height": 8, "properties": properties})
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": sub("${AWS::StackName}-${AWS::Region}"),
            "DashboardBody": sub(json.dumps({"widgets": widgets}, separators=(",", ":"))),
        },
    }


def _widget(at: int, row: _Row) -> Json:
    title, namespace, metrics = row
    return {
        "type": "metric",
        "x": 8 * (at % 3),
        "y": 6 * (at // 3),
        "width": 8,
        "height": 6,
        "properties": {
            "title": title,
            "region": "${AWS::Region}",
            "period": _PERIOD,
            "view": "timeSeries",
            "metrics": [[namespace, metric, "FunctionName", "${Function}", {"stat": stat}] for metric, stat in metrics],
        },
    }
