"""Diagnostics: what is wrong with an input, where, and what to do about it.

Every diagnostic has a code of the registry below. Errors end a command with exit code 2; warnings are printed and the
work goes on. ``Where`` counts lines and columns from 1, as editors do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

CODES: dict[str, str] = {
    # files and syntax
    "AG001": "the file cannot be read",
    "AG002": "the text is neither JSON nor YAML",
    "AG003": "a key occurs twice in one mapping",
    "AG004": "not an OpenAPI or Swagger document, or of an unsupported version",
    "AG005": "the document nests too deep, is too large or expands without end",
    "AG006": "the text was repaired to be read",
    # references
    "AG010": "a $ref leads nowhere",
    "AG011": "a $ref leaves the folder of the document, or the machine",
    "AG012": "a $ref leads to itself",
    "AG014": "an overlay cannot be applied, or changes nothing",
    "AG016": "an Arazzo description cannot be read, or says what cannot be carried out",
    # the document
    "AG020": "a part of the document does not follow the specification and was read leniently",
    "AG021": "an operation cannot be understood and was left out",
    "AG022": "an input of an operation cannot be understood",
    "AG023": "a write may lose the fields that it is not given",
    "AG024": "a tool schema was cut to its byte budget",
    "AG025": "no server URL is declared",
    "AG026": "a base URL is a link-local address or that of a metadata service",
    "AG027": "a credential is not sent to an origin that is not its own",
    "AG028": "a login that is only likely, that needs a person, or that cannot be served",
    "AG029": "position and size of a list stay arguments",
    # hints
    "AG030": "an unknown key in the hints",
    "AG031": "a value of the wrong type in the hints",
    "AG033": "a hint names an operation that the document does not have",
    "AG034": "a hint names an input that the operation does not have",
    "AG035": "a template in the hints cannot be read",
    "AG036": "a path in the hints cannot be read",
    "AG037": "a hint names something that the hints do not define",
    "AG038": "two tools have the same name",
    "AG039": "a hint contradicts another one",
    # the proof
    "AG040": "a declared input is neither reachable, absorbed nor hidden",
    # personal data
    "AG041": "texts next to personal data stay in clear",
    # hand edits
    "AG045": "the side file of overrides does not fit the tools, or cannot be used",
    # output
    "AG050": "a generated file was edited by hand",
    "AG051": "the output folder cannot be written",
    "AG052": "the output is stale",
    "AG053": "the output folder holds files that adaptgen did not write",
    "AG055": "what is to be compared cannot be read",
    "AG056": "the document cannot be fetched from its source",
    # the command line
    "AG058": "the command line cannot be understood",
    # pipelines
    "AG059": "a pipeline cannot install the adaptgen that runs here",
    "AG126": "what a change is compared with is not in this clone",
    "AG127": "a workflow cannot be written as it was asked for",
    "AG128": "overrides, settings or cases name what the API no longer has",
    # running
    "AG060": "the key of the environment cannot be used",
    "AG061": "the generated server cannot be loaded",
    "AG062": "the address is not allowed",
    "AG063": "the tool does not exist",
    "AG064": "the arguments do not fit the tool",
    "AG066": "a file of the connection is not there",
    "AG067": "nothing can be recorded, or nothing was",
    "AG068": "a recording still holds a secret or personal data",
    "AG069": "the toolset does not exist, or cannot be asked for here",
    # governance
    "AG070": "the governance settings hold a wrong key or value",
    "AG071": "a reference in the governance settings cannot be resolved",
    "AG072": "the policies cannot be used",
    "AG073": "a key is missing, too short or of the wrong kind",
    "AG074": "callers cannot be authenticated",
    "AG075": "an upstream server cannot be used",
    "AG076": "the shared state cannot be used",
    "AG077": "the audit trail cannot be written",
    "AG078": "a server that others can reach needs governance",
    "AG079": "the audit trail does not hold",
    "AG080": "a hook cannot be used",
    "AG129": "people cannot log in with these settings",
    "AG130": "logins would not outlive one process",
    "AG132": "these logins cannot be ended",
    "AG134": "ID tokens would count as access tokens",
    "AG139": "a proxy does not know whose accounts its servers keep",
    "AG140": "accounts at an API cannot be reached",
    # shipping
    "AG090": "this cannot be shipped as it is",
    "AG091": "the wheels of a bundle cannot be had",
    "AG092": "the interpreter of the target is not there",
    "AG093": "AWS refuses the deployment",
    "AG108": "an unknown key in a stage file",
    "AG109": "a wrong value in a stage file",
    "AG110": "the stage does not fit what is deployed, or where",
    "AG111": "the stack cannot be changed now",
    "AG112": "the template is larger than AWS allows",
    "AG113": "calls cannot move to a new version step by step",
    "AG114": "calls cannot go back to an earlier version, or would leave one unnoticed",
    "AG115": "the artefact of a stage cannot be promoted",
    "AG095": "the entry cannot be written into the configuration of a client",
    # evaluation, files
    "AG100": "an unknown key in a file of cases",
    "AG101": "a value of the wrong type, or a wrong matcher, in a file of cases",
    "AG102": "there is nothing to evaluate",
    "AG103": "two cases or callers have the same name",
    "AG104": "a model cannot be asked as it is named",
    "AG105": "a recorded conversation cannot be used",
    "AG106": "files cannot be taken from this place, or put there",
    "AG107": "this deployment has no place for files",
    "AG143": "a login cannot be used there",
    "AG144": "there is no login to examine",
    "AG125": "several processes serve, and do not share the sessions of clients",
    "AG116": "the folder cannot be deployed as one",
    "AG117": "a proxy and a server behind it do not fit together",
    "AG118": "a key or a credential in a secret store is missing or cannot be used",
    "AG119": "a stack of this name belongs to something else",
    # learning
    "AG120": "the environment of the function is too large",
    "AG121": "the permissions of the function are too many",
    "AG122": "parameters of the stack contradict each other",
    "AG123": "a secret would be a variable that others can read",
    "AG135": "the account of a caller is not described as one",
    "AG136": "where people connect their accounts is not known",
    "AG137": "people and tokens would be sent to an address that is not https",
    "AG138": "an account could not be connected",
    "AG141": "an annotation of a policy cannot be read",
    "AG142": "approvals are asked for, and there are no approvers",
    "AG096": "what was learned is of another document",
    "AG097": "the API cannot be tried",
    "AG098": "the experiments of an earlier run cannot be continued",
}

NEXT_STEPS: dict[str, str] = {
    "AG001": "check the path and its permissions",
    "AG002": "correct the file at this place",
    "AG005": "divide the document, or take out what repeats",
    "AG010": "correct the reference, or add what it names",
    "AG011": "copy the file into the folder of the document, or name it under references in the hints",
    "AG014": "correct the overlay at this place",
    "AG016": "correct it at this place; docs/steps.md lists what is supported",
    "AG021": "correct the operation, in an overlay if the document is not yours; or hide it in the hints",
    "AG026": "set server.base_url in the hints to the address of the API",
    "AG030": "docs/hints.md lists every key",
    "AG031": "docs/hints.md shows every key with its values",
    "AG033": "write the method and the path as the document does",
    "AG034": "adaptgen explain DIR TOOL shows the inputs of an operation",
    "AG035": "write {name} for an argument, '${env:NAME}' for a variable, and {{ for a brace",
    "AG036": "write $.data.rows for a place in an answer, and owner.name or tags[*].name for a field",
    "AG037": "define it before, or correct the name",
    "AG038": "rename one of them under tools in the hints",
    "AG039": "remove one of the two",
    "AG045": "docs/overrides.md shows what overrides may do",
    "AG051": "choose another path, or make the folder writable",
    "AG055": "name a document, a generated folder, or a revision of one",
    "AG056": "check the address, and whether it can be reached from here",
    "AG126": "fetch the branch that the change goes into, with its history",
    "AG127": "docs/regenerate.md shows what adaptgen ci takes",
    "AG128": "write the new name, or remove the line",
    "AG061": "build it again: adaptgen build",
    "AG062": "write HOST:PORT, such as 127.0.0.1:8000",
    "AG066": "put the file there, or correct connection in the hints",
    "AG067": "adaptgen doctor DIR looks for what is wrong",
    "AG068": "classify the field under sensitive in the hints, or leave the tool out: --skip TOOL",
    "AG070": "docs/governance.md shows every key with its values",
    "AG071": "set the variable, or correct the name of the secret",
    "AG072": "adaptgen policy schema DIR shows what policies can name",
    "AG073": "make a key of 32 random bytes: openssl rand -base64 32",
    "AG074": "name issuer and audience under authenticate",
    "AG129": "docs/governance.md shows what login needs",
    "AG130": "name a key and a shared store",
    "AG132": "name the settings of a server with login",
    "AG134": "docs/howto/login-entra.md shows two registrations",
    "AG075": "correct the url and the auth of the server under upstreams",
    "AG076": "start the store, or correct state in the settings",
    "AG077": "name a file that can be written under audit.sink, or stderr",
    "AG079": "compare the trail with the copy at its sink, from this line on",
    "AG080": "write module:function, of a module that Python finds from here",
    "AG090": "adaptgen package --help shows what can be named",
    "AG091": "check that pip reaches its index, or fill its cache first",
    "AG092": "name one with --interpreter, or leave the bytecode out: --no-compile",
    "AG093": "nothing was changed; check the region, the credentials and their permissions",
    "AG108": "docs/deploy.md lists every key",
    "AG109": "docs/deploy.md shows every key with its values",
    "AG110": "correct the stage file, or name another stage",
    "AG111": "adaptgen deploy --follow --stack NAME shows what happens to it",
    "AG113": "correct shift in the stage file, or deploy with --at-once",
    "AG114": "adaptgen rollback --help shows what can be named",
    "AG115": "deploy the stage that it comes from again",
    "AG100": "docs/evals.md lists every key",
    "AG101": "docs/evals.md shows every key and every matcher",
    "AG102": "adaptgen init drafts cases; docs/evals.md shows how to write one",
    "AG103": "rename one of them",
    "AG104": "docs/evals.md shows how to name a model and its endpoint",
    "AG105": "record the case again: adaptgen eval DIR --model NAME",
    "AG125": "docs/howto/scale.md shows what several replicas share",
    "AG106": "docs/files.md shows what files in the settings can name",
    "AG120": "write values into the settings instead of variables, and keep the settings in S3 or AppConfig",
    "AG135": "docs/howto/own-accounts.md shows the hints of accounts",
    "AG136": "write authorization_url and token_url in the hints",
    "AG137": "write https://…",
    "AG138": "docs/howto/own-accounts.md shows how accounts are connected",
    "AG139": "name a caller (--sub), or the folder of the server with its settings",
    "AG140": "check the address of the state, or the server, and run it again",
    "AG141": 'write @approval("1h") or @once("10m") on a permit',
    "AG142": "docs/howto/approvals.md shows what approvals need",
    "AG122": "docs/deploy.md lists the parameters and what each needs",
    "AG121": "divide the upstreams among several proxies",
    "AG107": "name a bucket: files: {store: s3://bucket/prefix}",
    "AG143": "docs/deploy.md#logins shows where a login can be used",
    "AG144": "docs/governance.md shows all of login",
    "AG116": "docs/deploy.md shows the files of a folder",
    "AG117": "docs/deploy.md shows the settings of both sides",
    "AG118": "nothing was changed; docs/deploy.md says which values are made and which are asked for",
    "AG119": "choose another name: stack: in its stage file",
    "AG096": "learn again, or delete the line",
    "AG097": "set the variable of its base URL, as for adaptgen doctor",
    "AG098": "begin anew: adaptgen learn SPEC --restart",
}
"""What to do about an error that says nothing else."""

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file; line and column count from 1, 0 means "the whole file". ``pointer``: the same place as a JSON
    pointer (RFC 6901), where the line is too long to find a column in it."""

    file: str
    line: int = 0
    column: int = 0
    pointer: str = ""

    def __str__(self) -> str:
        pointer = f" ({self.pointer})" if self.pointer else ""
        return f"{self.file}:{self.line}:{self.column}{pointer}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``message`` says what is wrong, ``help`` what to do; neither ends in a full stop. ``line``: the line
    of the place, where the file does not hold it: it was fetched and is not written."""

    code: str
    message: str
    where: Where | None = None
    help: str = ""
    severity: Severity = "error"
    line: str | None = None

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        fix = f"\n    help: {self.help}" if self.help else ""
        return f"{place}{self.severity} {self.code}: {self.message}{fix}"


def moved(problem: Diagnostic, file: Path, shown: str) -> Diagnostic:
    """``problem`` with its place in ``file`` told as one in ``shown``, which need not hold the same text."""
    where = problem.where
    if where is None or where.file != file.as_posix():
        return problem
    try:
        lines = file.read_text("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    line = lines[where.line - 1] if 0 < where.line <= len(lines) else ""
    return replace(problem, where=replace(where, file=shown), line=line)


class AdaptgenError(Exception):
    """Bad input. Carries one or more diagnostics; the command prints them and exits with 2."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics


def error(code: str, message: str, where: Where | None = None, help: str = "") -> AdaptgenError:
    """The exception for one error; ``raise error("AG030", …)``."""
    return AdaptgenError(Diagnostic(code, message, where, help))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?`` for a misspelt word, as a help; "" where nothing is near. Capitals do not matter."""
    import difflib  # only what is wrong needs it

    folded = {one.lower(): one for one in known}
    found = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[found[0]]!r}?" if found else ""


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Without repetitions, by place, then by code."""
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda one: (one.where or Where(""), one.code, one.message))


if __name__ == "__main__":
    print("\n".join(f"{code}  {meaning}" for code, meaning in CODES.items()))


def count_columns(text: str) -> int:
    """What printable ``text`` takes on a terminal: two columns for wide characters (UAX 11), none for those that
    combine."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
