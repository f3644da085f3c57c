"""Second opinions of AWS, by transcripts of its API: what they find is replaced, and without them nothing leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import orjson
import pytest
from botocore.stub import ANY, Stubber
from support.shielding import ANNA, answer, restore, run, shield, tokenizer, tool

from adaptgen.govern.settings.model import Detector
from adaptgen.govern.tokenization import aws_detectors as detect_aws
from adaptgen.runtime.core.answer import ToolError

GUARDRAIL = Detector(kind="guardrail", guardrail="gr-1", version="3", region="eu-central-1")
COMPREHEND = Detector(kind="comprehend", language="de", region="eu-central-1")
UNITS = {
    "topicPolicyUnits": 0,
    "contentPolicyUnits": 0,
    "wordPolicyUnits": 0,
    "sensitiveInformationPolicyUnits": 1,
    "sensitiveInformationPolicyFreeUnits": 0,
    "contextualGroundingPolicyUnits": 0,
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    """Stubbed clients by service; what was expected must have been asked."""
    stubs: dict[str, Stubber] = {}
    for service in ("comprehend", "bedrock-runtime"):
        made = boto3.client(service, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
        stubs[service] = Stubber(made)
        stubs[service].activate()
    monkeypatch.setattr(
        detect_aws.AwsPiiDetectors.__init__, "__defaults__", (lambda service, region: stubs[service].client,)
    )
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def test_comprehend_finds_a_name_in_text(aws: dict[str, Stubber]) -> None:
    text = "Gestern kam Ada Lovelace vorbei."
    aws["comprehend"].add_response(
        "detect_pii_entities",
        {
            "Entities": [
                {"Type": "NAME", "Score": 0.99, "BeginOffset": 12, "EndOffset": 24},
                {"Type": "DATE_TIME", "Score": 0.99, "BeginOffset": 0, "EndOffset": 7},
                {"Type": "ADDRESS", "Score": 0.1, "BeginOffset": 25, "EndOffset": 31},
            ]
        },
        {"Text": text, "LanguageCode": "de"},
    )
    one = tokenizer(detectors=(COMPREHEND,))
    shown = shield(one, {"id": 7, "note": text})
    assert shown["note"].startswith("Gestern kam tok_name_k1")
    assert shown["note"].endswith(" vorbei.")
    token = shown["note"].split(" ")[2]
    assert restore(one, {"x": token}, tool({"x": "name"}))["x"] == "Ada Lovelace"


def test_a_guardrail_finds_an_address(aws: dict[str, Stubber]) -> None:
    aws["bedrock-runtime"].add_response(
        "apply_guardrail",
        {
            "usage": UNITS,
            "action": "GUARDRAIL_INTERVENED",
            "outputs": [{"text": "Lives at {ADDRESS}."}],
            "assessments": [
                {
                    "sensitiveInformationPolicy": {
                        "piiEntities": [{"type": "ADDRESS", "match": "12 St James's Square", "action": "ANONYMIZED"}],
                        "regexes": [],
                    }
                }
            ],
        },
        {
            "guardrailIdentifier": "gr-1",
            "guardrailVersion": "3",
            "source": "OUTPUT",
            "content": [{"text": {"text": "Lives at 12 St James's Square."}}],
        },
    )
    one = tokenizer(kinds=("address",), detectors=(GUARDRAIL,))
    shown = shield(one, "Lives at 12 St James's Square.")
    assert shown.startswith("Lives at tok_address_k1")


def test_a_guardrail_that_blocks_withholds_the_answer(aws: dict[str, Stubber]) -> None:
    topics = {"topics": [{"name": "secrets", "type": "DENY", "action": "BLOCKED"}]}
    aws["bedrock-runtime"].add_response(
        "apply_guardrail",
        {"usage": UNITS, "action": "GUARDRAIL_INTERVENED", "outputs": [], "assessments": [{"topicPolicy": topics}]},
        {"guardrailIdentifier": ANY, "guardrailVersion": ANY, "source": ANY, "content": ANY},
    )
    with pytest.raises(ToolError, match="blocks this answer"):
        shield(tokenizer(detectors=(GUARDRAIL,)), "something forbidden here")


@pytest.mark.parametrize("detector", [GUARDRAIL, COMPREHEND])
def test_an_error_withholds_the_answer_and_says_no_value(aws: dict[str, Stubber], detector: Detector) -> None:
    service, operation = (
        ("bedrock-runtime", "apply_guardrail") if detector is GUARDRAIL else ("comprehend", "detect_pii_entities")
    )
    aws[service].add_client_error(operation, "ThrottlingException", "too much of Ada Lovelace", 400)
    with pytest.raises(ToolError) as problem:
        shield(tokenizer(detectors=(detector,)), "this is about Ada Lovelace")
    assert "ThrottlingException" in problem.value.text
    assert "Ada" not in problem.value.text


def test_a_slow_opinion_withholds_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def detect_pii_entities(self, **more: Any) -> Any:
            return {"Entities": []}

    monkeypatch.setattr(detect_aws.AwsPiiDetectors.__init__, "__defaults__", (lambda service, region: Slow(),))
    slow = Detector(kind="comprehend", timeout=0.0)
    with pytest.raises(ToolError, match="could not be checked"):
        shield(tokenizer(detectors=(slow,)), "this is about Ada Lovelace")


def test_answers_without_prose_cost_no_call(aws: dict[str, Stubber]) -> None:
    value = {"fields": ["id", "status"], "items": [[1, "open"], [2, "closed"]]}
    assert shield(tokenizer(detectors=(GUARDRAIL, COMPREHEND)), value) == value


def test_what_is_sent_holds_no_value_that_was_found_before(aws: dict[str, Stubber]) -> None:
    sent: list[str] = []
    stub = aws["comprehend"]
    stub.client.meta.events.register(
        "provide-client-params.comprehend.DetectPiiEntities", lambda params, **more: sent.append(params["Text"])
    )
    stub.add_response("detect_pii_entities", {"Entities": []}, {"Text": ANY, "LanguageCode": "de"})
    value = {"last_name": "Ito", "notes": [{"text": "mail a@b.example of Ito"}, {"text": "a second note"}]}
    run(tokenizer(detectors=(COMPREHEND,)).result(ANNA, tool(), answer(orjson.dumps(value).decode())))
    assert len(sent) == 1
    assert "a second note" in sent[0]
    assert "Ito" not in sent[0]
    assert "a@b" not in sent[0]
