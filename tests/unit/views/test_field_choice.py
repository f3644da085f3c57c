from adaptgen.views.field_choice import Candidate, candidates_from, is_record, rank


def fields(*names: str, **typed: str) -> list[Candidate]:
    return [Candidate(name, "string") for name in names] + [Candidate(name, kind) for name, kind in typed.items()]


def test_status_keeps_its_place_against_many_better_fields() -> None:
    names = ["id", "uuid", "name", "title", "first_name", "last_name", "display_name", "customer_id", "order_id"]
    assert "status" in rank([*fields(*names, "code", "status")], identifying={"customer_id", "order_id"})


def test_a_result_without_identity_keeps_its_text() -> None:
    assert rank(fields("content", "continuation_token")) != ()
    assert not is_record(fields("content", "lines"))
    assert is_record(fields("id", "lines"))


# ------------------------------------------------------------------------------------------------------ from data


def test_what_is_the_same_in_every_record_or_long_is_left_out() -> None:
    countries = [{"code": "DE", "name": "Germany"}, {"code": "FR", "name": "France"}]
    given = [
        {"id": number, "name": f"n{number}", "owner": {"name": "same"}, "countries": countries, "remark": "x" * 400}
        for number in range(5)
    ]
    assert rank(candidates_from(given)) == ("id", "name")


def test_the_name_of_the_records_is_their_own_name() -> None:
    given = fields("dag_id", "bundle_name", "dag_display_name", "status")
    assert rank(given, identifying={"dag_id"}, resource=("dag",)) == (
        "dag_id", "dag_display_name", "status", "bundle_name",
    )  # fmt: skip


def test_a_flag_that_is_the_same_everywhere_is_left_out() -> None:
    given = [{"id": number, "name": f"n{number}", "active": True} for number in range(5)]
    assert rank(candidates_from(given)) == ("id", "name")


# ------------------------------------------------------------------------------------------- what other vendors write


def test_names_in_other_languages() -> None:
    assert rank(fields("id", "ort", "bezeichnung"))[:2] == ("id", "bezeichnung")
    assert rank(fields("id", "vorname", "ort", "nachname"))[:3] == ("id", "vorname", "nachname")
    assert rank(fields("id", "date", "name_de", "name_fr", "name_en")) == ("id", "name_en", "date")


def test_an_address_tells_places_apart_that_only_a_text_is_said_about() -> None:
    assert set(rank(fields("oid", "description", "address1"))) == {"oid", "description", "address1"}
    assert rank(fields("id", "price", "full_address"))[:2] == ("id", "full_address")


def test_what_only_holds_the_record_is_looked_through() -> None:
    given = fields("score", "item.id", "item.title", "item.status", "item.owner.name")
    assert rank(given, entry=True)[:3] == ("item.id", "item.title", "item.status")
    game = fields("game.away_team_id", "game.game_id", "plays[*].id")
    assert rank(game, entry=True)[0] == "game.game_id"


def test_the_id_of_an_object_stands_for_it_where_only_a_part_of_it_has_a_name() -> None:
    given = fields("status", "project.client.first_name", "project.client.last_name", "project.id")
    assert "project.id" in rank(given)
    house = fields("open_house_id", "listing.agent.name", "listing.listing_id", "listing.office_id")
    found = rank(house, resource=("open", "house"))
    assert "listing.listing_id" in found
    assert "listing.office_id" not in found
    # An object that has a name is shown by it, and several are no subject: a name comes before their ids.
    assert "project.id" not in rank(fields("id", "project.name", "project.client.name", "project.id"))
    runs = fields("id", "active.id", "active.cause.name", "pending.id", "pending.cause.name", "spec.name")
    assert "spec.name" in rank(runs)


def test_a_pair_is_told_by_the_ids_of_what_it_pairs() -> None:
    given = fields("base.shot.shot_id", "target.shot.shot_id", "target.result.error")
    assert set(rank(given)) >= {"base.shot.shot_id", "target.shot.shot_id"}
    assert not is_record(fields("user.id", "devices[*].module"))


def test_an_id_of_the_record_by_another_comes_before_the_id_of_something_else() -> None:
    given = fields(
        "payment_id", "status", "phase", "account_number", "tracking_reference", "trace_number", "currency", "total",
        "payment_channel_id", "payment_batch_id", "payor_payment_id", "parent_payment_id",
    )  # fmt: skip
    found = rank(given, resource=("payment",), keep=6)
    assert "payor_payment_id" in found
    assert "parent_payment_id" not in found


def test_a_log_record_keeps_its_message() -> None:
    assert "message" in rank(fields("id", "name", "level", "message", "timestamp"))
    assert "message" in rank(fields("id", "name", "message"), resource=("log",))
    assert "message" not in rank(fields("id", "name", "message"))
