"""The words that the seed is made of. Every company and person is invented."""

from __future__ import annotations

from pathlib import Path


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    "Ada Amir Anna Aylin Bela Bruno Carla Chidi Clara Dario Deniz Elena Emil Farah Felix Greta Hana Hugo Ines Ivan "
    "Jana Jonas Kaya Kofi Lara Leo Lina Luca Maja Malik Marta Milo Nadia Nils Nora Omar Paula Pavel Rosa Ruben "
    "Salma Selim Sofia Tariq Tessa Timo Vera Viktor Yara Zoe"
)
LAST = _words(
    "Abel Acker Bauer Bello Berg Castro Conti Dahl Demir Duarte Eriksen Falk Ferro Garcia Haas Hansen Ibarra Jansen "
    "Kaiser Keller Kovac Lang Lindt Lopez Maier Marin Mensah Moreau Nagy Novak Okafor Olsen Petrov Quist Ricci Roth "
    "Sander Santos Silva Stein Tanaka Toth Ulrich Vargas Vogel Weber Winter Yilmaz Zeman Zorn"
)
COMPANY = _words(
    "Alder Amber Arrow Aster Basalt Beacon Birch Bluefin Bramble Canyon Cedar Cobalt Compass Copper Coral Crescent "
    "Cypress Delta Ember Falcon Fjord Garnet Glacier Granite Harbor Hazel Heron Indigo Iron Ivory Juniper Kestrel "
    "Lantern Larch Linden Maple Marble Meridian Mesa Nimbus North Oakfield Onyx Opal Orchard Osprey Pebble Pine "
    "Quartz Raven Ridge River Rowan Saffron Sage Sierra Silver Slate Sparrow Summit Sycamore Tamar Thistle Timber "
    "Topaz Umber Valley Velvet Walnut Willow Zephyr Zircon"
)
BUSINESS = _words(
    "Analytics Bakery Bearings Brewing Ceramics Chemicals Clinics Components Dairy Energy Engineering Estates "
    "Fabrics Foods Freight Glassworks Hotels Instruments Insurance Interiors Labs Logistics Media Mills Optics "
    "Packaging Paper Pharma Plastics Print Robotics Shipping Software Sports Steel Systems Textiles Tools Travel "
    "Wines"
)
LEGAL = {
    "DE": "GmbH", "AT": "GmbH", "CH": "AG", "FR": "SARL", "IT": "S.p.A.", "ES": "S.L.", "GB": "Ltd", "IE": "Ltd",
    "NL": "B.V.", "BE": "N.V.", "SE": "AB", "DK": "A/S", "NO": "AS", "FI": "Oy", "PL": "Sp. z o.o.", "US": "Inc.",
}  # fmt: skip
CITIES = {
    "DE": ("Berlin", "Hamburg", "Leipzig", "Bremen"), "AT": ("Vienna", "Graz"), "CH": ("Zurich", "Basel"),
    "FR": ("Lyon", "Nantes", "Lille"), "IT": ("Turin", "Bologna"), "ES": ("Valencia", "Bilbao"),
    "GB": ("Leeds", "Bristol", "Cardiff"), "IE": ("Cork",), "NL": ("Utrecht", "Delft"), "BE": ("Ghent",),
    "SE": ("Malmo", "Uppsala"), "DK": ("Aarhus",), "NO": ("Bergen",), "FI": ("Turku",), "PL": ("Gdansk", "Poznan"),
    "US": ("Portland", "Denver", "Austin"),
}  # fmt: skip
INDUSTRIES = ("MANUFACTURING", "RETAIL", "HEALTH", "FINANCE", "LOGISTICS", "PUBLIC", "MEDIA", "AGRI")
SEGMENTS = ("ENTERPRISE", "MIDMARKET", "SMB", "SMB", "MIDMARKET", "SMB")
STATUSES = ("ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "PROSPECT", "DORMANT", "BLOCKED")
TITLES = ("Head of Purchasing", "IT Manager", "Managing Director", "Accountant", "Office Manager", "CFO", "Engineer")
DEPARTMENTS = ("Purchasing", "IT", "Management", "Finance", "Operations")
TAGS = _words(
    "key-account reference at-risk newsletter partner reseller pilot tender gdpr-signed credit-watch event-2025 vip "
    "upsell cross-sell migrated imported duplicate? do-not-call slow-payer onboarding"
)
TEAMS = ("North", "South", "West", "Inside Sales", "Service")
FAMILIES = ("Licence", "Maintenance", "Hosting", "Training", "Hardware")
STAGES = ("QUALIFY", "NEEDS", "PROPOSAL", "NEGOTIATION", "WON", "LOST")
SOURCES = ("WEB", "REFERRAL", "FAIR", "CALL", "PARTNER")
CATEGORIES = ("LOGIN", "BILLING", "PERFORMANCE", "DATA", "HOWTO", "OUTAGE")
PRIORITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
COMPLAINTS = (
    "Cannot log in after password change", "Invoice shows the wrong VAT rate", "Report takes minutes to open",
    "Import stops at row 5000", "How do I add a second approver", "Service not reachable from the plant",
    "Export is missing the last month", "Two records for the same supplier", "Wrong contact on the delivery note",
)  # fmt: skip
REMARKS = (
    "Migrated from CRM 3 on 2009-11-14. Check address before sending letters.",
    "Prefers to be called before noon; never on Fridays.",
    "Old customer number kept in udf_03 for the ERP interface. Do not change.",
    "Asked twice for a discount. See notes of the last visit and the mail thread with accounting.",
    "Parent company changed in 2014, the contract partner did not.",
    "",
)
CHORES = ("Call back about the offer", "Send updated price list", "Prepare renewal offer", "Check open invoices",
          "Update delivery address", "Plan on-site visit")  # fmt: skip


def countries() -> list[tuple[str, str]]:
    """ISO 3166-1 codes and names, from the tz database (public domain)."""
    text = (Path(__file__).parent / "countries.txt").read_text(encoding="utf-8")
    return [(line[:2], line[3:]) for line in text.splitlines()]
