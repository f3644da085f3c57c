"""Second opinions of AWS, by transcripts of its API: what they find is replaced, and without them nothing leaves."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from support.aws_transcripts import Transcript
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
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Transcript]]:
    """Transcripts by service; what was expected must have been asked."""
    transcripts = {service: Transcript(service) for service in ("comprehend", "bedrock-runtime")}
    monkeypatch.setattr(detect_aws, "_shared", lambda service, region: transcripts[service].api())
    yield transcripts
    for one in transcripts.values():
        one.done()


def test_comprehend_finds_a_name_in_text(aws: dict[str, Transcript]) -> None:
    text = "Gestern kam Ada Lovelace vorbei."
    aws["comprehend"].expect(
        "DetectPiiEntities",
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


def test_a_guardrail_finds_an_address(aws: dict[str, Transcript]) -> None:
    aws["bedrock-runtime"].expect(
        "ApplyGuardrail",
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


def test_a_guardrail_that_blocks_withholds_the_answer(aws: dict[str, Transcript]) -> None:
    topics = {"topics": [{"name": "secrets", "type": "DENY", "action": "BLOCKED"}]}
    aws["bedrock-runtime"].expect(
        "ApplyGuardrail",
        {"usage": UNITS, "action": "GUARDRAIL_INTERVENED", "outputs": [], "assessments": [{"topicPolicy": topics}]},
    )
    with pytest.raises(ToolError, match="blocks this answer"):
        shield(tokenizer(detectors=(GUARDRAIL,)), "something forbidden here")


@pytest.mark.parametrize("detector", [GUARDRAIL, COMPREHEND])
def test_an_error_withholds_the_answer_and_says_no_value(aws: dict[str, Transcript], detector: Detector) -> None:
    service, operation = (
        ("bedrock-runtime", "ApplyGuardrail") if detector is GUARDRAIL else ("comprehend", "DetectPiiEntities")
    )
    aws[service].refuse(operation, "ThrottlingException", "too much of Ada Lovelace")
    with pytest.raises(ToolError) as problem:
        shield(tokenizer(detectors=(detector,)), "this is about Ada Lovelace")
    assert "ThrottlingException" in problem.value.text
    assert "Ada" not in problem.value.text


def test_a_slow_opinion_withholds_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect_aws, "_shared", lambda service, region: Transcript(service).api())
    slow = Detector(kind="comprehend", timeout=0.0)
    with pytest.raises(ToolError, match="could not be checked"):
        shield(tokenizer(detectors=(slow,)), "this is about Ada Lovelace")


def test_answers_without_prose_cost_no_call(aws: dict[str, Transcript]) -> None:
    value = {"fields": ["id", "status"], "items": [[1, "open"], [2, "closed"]]}
    assert shield(tokenizer(detectors=(GUARDRAIL, COMPREHEND)), value) == value


def test_what_is_sent_holds_no_value_that_was_found_before(aws: dict[str, Transcript]) -> None:
    aws["comprehend"].expect("DetectPiiEntities", {"Entities": []})
    value = {"last_name": "Ito", "notes": [{"text": "mail a@b.example of Ito"}, {"text": "a second note"}]}
    run(tokenizer(detectors=(COMPREHEND,)).result(ANNA, tool(), answer(orjson.dumps(value).decode())))
    (sent,) = aws["comprehend"].sent
    assert "a second note" in sent["Text"]
    assert "Ito" not in sent["Text"]
    assert "a@b" not in sent["Text"]
