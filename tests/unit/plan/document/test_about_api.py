"""What a document says of its API reaches agents without the login that they never see."""

from __future__ import annotations

import pytest

from adaptgen.plan.document.descriptions import about_api


@pytest.mark.parametrize(
    "advice",
    [
        "Log in with POST /auth/login and send the session id in the header X-CRM-Session with every request.",
        "You must first sign in to obtain a token.",
        "Please authenticate using OAuth 2.0.",
        "All requests must be authenticated.",
        "Authentication is performed with an API key.",
        "This API requires authentication.",
        "Pass your API key as the query parameter `key`.",
        "Include the access token in the Authorization header.",
        "Get an access token from the developer console.",
        "Sessions end after 30 minutes; a session that has ended answers 403.",
        "Tokens are valid for one hour.",
        "Changing requests also need the header X-CSRF-Token.",
        "The bearer token goes into the Authorization header of every request.",
        "To use it, call /oauth/token before anything else.",
    ],
)
def test_no_agent_is_told_to_log_in(advice: str) -> None:
    text = f"Invoices of the group. {advice} Lists are paged."
    assert about_api(text, ["/oauth/token"], 300) == "Invoices of the group. Lists are paged."


@pytest.mark.parametrize(
    "legitimate",
    [
        "Returns the login history of a user.",
        "Manage API keys and webhooks of your projects.",
        "Design tokens of the brand.",
        "Tickets, sessions of workshops and their speakers.",
        "Counts tokens of prompts.",
        "Everything about signing contracts.",
    ],
)
def test_what_the_api_is_about_stays(legitimate: str) -> None:
    assert about_api(legitimate, [], 300) == legitimate


def test_the_text_ends_with_a_whole_sentence() -> None:
    assert about_api("First sentence. " + "Another one " * 30 + "ends. Third.", [], 60) == "First sentence."
    assert about_api("One without any end " * 30, [], 60) == ""
