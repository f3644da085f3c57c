"""The example of docs/hints.md builds, with the workflow that it names."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from adaptgen import plan, source

ROOT = Path(__file__).parents[4]
WORKFLOW = """\
arazzo: 1.0.1
info: {title: Sales, version: "1"}
sourceDescriptions: [{name: crm, url: ../crm.yaml}]
workflows: [{workflowId: products, steps: [{stepId: all, operationId: GetProducts}]}]
"""


def test_the_example_of_the_page_builds(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "hints.md").read_text(encoding="utf-8")
    block = re.search(r"## Several calls in one tool\n\n```yaml\n(.*?)```", page, re.DOTALL)
    assert block is not None
    shutil.copy(ROOT / "specs" / "crm.yaml", tmp_path)
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "hints.yaml").write_text(block[1], encoding="utf-8")
    (tmp_path / "crm" / "sales.arazzo.yaml").write_text(WORKFLOW, encoding="utf-8")
    hints = source.read_hints(tmp_path / "crm" / "hints.yaml")
    planned, found = plan.plan(source.read(tmp_path / "crm.yaml"), hints, "crm")
    tools = {tool.name: tool for tool in planned.server.tools}
    customers, tasks, overdue = tools["report_of_customers"].steps
    assert (customers.each, customers.on_error, overdue.max_items) == ("{names}", "omit", 300)
    assert tasks.when is not None
    assert tools["products"].steps[0].items == "$.Products"
    assert not [one for one in found if one.severity == "error"]
