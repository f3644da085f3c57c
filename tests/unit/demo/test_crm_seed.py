"""The seed: the same everywhere, and no person in it could be real."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

from adaptgen.demo.crm.database import connect, reset
from adaptgen.demo.crm.seed import CUSTOMERS, rows


def test_is_the_same_in_every_process() -> None:
    script = "from adaptgen.demo.crm.seed import rows; print(rows())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_has_customers_enough() -> None:
    database = connect()
    count, names = database.execute("SELECT count(*), count(DISTINCT name) FROM customers").fetchone()
    assert count == names == CUSTOMERS == 520


def test_renewals_fall_into_every_month_of_the_year() -> None:
    months = {row[0] for row in connect().execute("SELECT substr(renewal_date, 1, 7) FROM contracts")}
    assert months == {f"2026-{month:02d}" for month in range(1, 13)}


def test_personal_data_is_recognisably_synthetic() -> None:
    text = repr(rows())
    addresses = re.findall(r"[\w.+-]+@[\w.-]+", text)
    assert addresses
    assert all(address.rstrip(".").endswith("example.com") for address in addresses)
    assert all(phone.startswith("+1-555-") for phone in re.findall(r"\+\d+-\d+-\d+", text))
    assert all(number.startswith("000-") for number in re.findall(r"'(\d{3}-\d{2}-\d{4})'", text))
    assert all(iban[2:4] == "00" for iban in re.findall(r"'([A-Z]{2}\d{20})'", text))


def test_resets_fast() -> None:
    database = connect()
    begin = time.process_time()
    reset(database)
    assert time.process_time() - begin < 1
