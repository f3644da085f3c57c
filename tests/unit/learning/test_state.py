import pytest

from adaptgen.learning.model import Experiment, Notebook
from adaptgen.learning.state import withhold

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEtMSJ9.q4Zr0bX1vY7n"


@pytest.mark.parametrize(
    ("secret", "conclusion", "stays"),
    [
        (TOKEN, f"the field {TOKEN} is a text", False),
        (TOKEN, "the field eyJzdWIiOiJhZGEt is a text", False),
        ("k3y-4f9a2c77d1e5b8", "values begin with k3y-4f9a2c77d1", False),
        ("abc12", "the field abc12 is a text", False),
        ("abc12", "the field abc123 is a text", True),
        ("things", "the list is at $.things", False),
        (TOKEN, "header Authorization: Bearer … works", True),
    ],
)
def test_no_part_of_a_credential_is_written(secret: str, conclusion: str, stays: bool) -> None:
    notebook = Notebook(experiments=[Experiment("GET /a", "login.works", "GET /a", {}, conclusion, "certain")])
    withhold(notebook, [secret])
    assert bool(notebook.experiments) is stays
