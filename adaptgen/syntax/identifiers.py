"""Names as words: ``firstName``, ``first_name``, ``FIRST-NAME`` and ``firstname`` are all ``("first", "name")``.

Every rule that reads a name (what a field means, whether it is personal, what a parameter does) reads these words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from adaptgen.model.frozen import lazy

_WORD = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")

# Names that their authors write in one piece, and plurals that only capitals of an abbreviation split.
_JOINED = {
    "firstname": "first name",
    "lastname": "last name",
    "middlename": "middle name",
    "givenname": "given name",
    "familyname": "family name",
    "fullname": "full name",
    "displayname": "display name",
    "nickname": "nick name",
    "companyname": "company name",
    "username": "user name",
    "userid": "user id",
    "userpass": "user password",
    "clientid": "client id",
    "clientsecret": "client secret",
    "customerid": "customer id",
    "emailaddress": "email address",
    "mailaddress": "email address",
    "email": "email",
    "emails": "email",
    "phones": "phone",
    "telephone": "phone",
    "cellphone": "mobile phone",
    "mobilephone": "mobile phone",
    "homephone": "home phone",
    "workphone": "work phone",
    "phonenumber": "phone number",
    "phoneno": "phone number",
    "mobilenumber": "mobile number",
    "birthdate": "birth date",
    "dateofbirth": "birth date",
    "birthday": "birth date",
    "dob": "birth date",
    "zipcode": "zip code",
    "postalcode": "postal code",
    "postcode": "postal code",
    "taxid": "tax id",
    "taxnumber": "tax number",
    "passportnumber": "passport number",
    "creditcard": "credit card",
    "cardnumber": "card number",
    "cardno": "card number",
    "ccnumber": "card number",
    "accountnumber": "account number",
    "streetaddress": "street address",
    "passwd": "password",
    "pwd": "password",
    "apikey": "api key",
    "appkey": "api key",
    "accesskey": "access key",
    "secretkey": "secret key",
    "privatekey": "private key",
    "accesstoken": "access token",
    "refreshtoken": "refresh token",
    "authtoken": "auth token",
    "idtoken": "id token",
    "sessionid": "session id",
    "sessiontoken": "session token",
    "sessionkey": "session key",
    "csrftoken": "csrf token",
    "xsrf": "csrf",
    "pagesize": "page size",
    "pagenumber": "page number",
    "pageno": "page number",
    "perpage": "per page",
    "pagetoken": "page token",
    "nexttoken": "next token",
    "nextpage": "next page",
    "nextlink": "next link",
    "nexturl": "next url",
    "maxresults": "max results",
    "startindex": "start index",
    "totalcount": "total count",
    "totalresults": "total results",
    "filename": "file name",
    "ids": "id",
    "uuids": "uuid",
}


_E_MAIL = lazy(r"\be[-_ ]mail", re.IGNORECASE)


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The words of an identifier in lower case, without accents, punctuation and leading zeros.

    >>> words("primaryEmailAddress")
    ('primary', 'email', 'address')
    >>> words("legacy_udf_07")
    ('legacy', 'udf', '7')
    """
    plain = name
    if not name.isascii():
        plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    plain = plain.replace("IDs", "Ids").replace("OAuth", "Oauth")
    if not plain.isascii() or "mail" in plain.lower():
        plain = _E_MAIL.sub("email", plain)
    found: list[str] = []
    for word in _WORD.findall(plain):
        low = word.lower()
        found += _JOINED[low].split() if low in _JOINED else [low.lstrip("0") or "0" if low.isdigit() else low]
    return tuple(found)


def vocabulary(text: str) -> frozenset[str]:
    """The words of ``text``, which separates them by spaces: how the rules write down their word lists."""
    return frozenset(text.split())


_KEPT = ("ss", "us", "is", "news", "series", "species", "alias", "canvas", "atlas", "analytics", "statistics")
_ES = ("sses", "xes", "zzes", "ches", "shes", "tuses", "buses", "nuses", "ruses", "iases", "gases")
_SINGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "data": "data", "indices": "index",
    "vertices": "vertex", "matrices": "matrix", "movies": "movie", "cookies": "cookie", "zombies": "zombie",
    "selfies": "selfie", "analyses": "analysis", "ids": "id", "ips": "ip", "vms": "vm", "dbs": "db", "pcs": "pc",
}  # fmt: skip


# Plurals that end like singulars, and singulars that end like plurals.
_SINGULAR |= {f"{word}s": word for word in vocabulary("api wiki emoji kpi uri taxi ski gui cli menu gpu cpu vcpu sku")}
_SINGULAR |= {
    word: word
    for word in vocabulary(
        "bias texas gas lens chaos cosmos kudos ios macos https always kubernetes postgres jenkins logistics "
        "diagnostics graphics ethics physics mathematics economics politics electronics robotics does has was"
    )
}


@lru_cache(maxsize=16384)
def singular(word: str) -> str:
    """The singular of an English plural, by its ending; other words stay as they are."""
    if word in _SINGULAR:
        return _SINGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(_KEPT):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > 4 else word[:-1]
    if word.endswith(_ES):
        return word[:-1] if word.endswith("caches") else word[:-2]
    return word[:-1]


_ID: Final = lazy(r"-?[0-9]{1,40}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_id(text: str) -> bool:
    """Whether ``text`` is a whole number or a UUID (RFC 9562, 4)."""
    return _ID.fullmatch(text.strip()) is not None
