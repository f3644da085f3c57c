import random

from adaptgen.views.field_choice import Candidate, FieldRanking, candidates_from, is_record, rank


def fields(*names: str, **typed: str) -> list[Candidate]:
    return [Candidate(name, "string") for name in names] + [Candidate(name, kind) for name, kind in typed.items()]


def test_identity_then_label_then_status_then_amount_then_date() -> None:
    given = [
        Candidate("issued_on", "string", "date"),
        *fields("sku", "status"),
        Candidate("total", "number"),
        *fields("name", "id"),
    ]
    assert rank(given) == ("id", "name", "status", "total", "issued_on", "sku")


def test_noise_is_left_out() -> None:
    noise = fields(
        *(f"udf_{number:02d}" for number in range(1, 30)),
        "avatar_url", "row_hash", "created_by", "updated_at", "password", "ssn", "phone", "notes", "etag",
        "_links.self.href",
    )  # fmt: skip
    assert rank([*fields("id", "name"), *noise]) == ("id", "name")


def test_two_numbered_fields_are_no_family() -> None:
    assert rank(fields("id", "name", "score_1", "score_2")) == ("id", "name", "score_1", "score_2")


def test_an_identity_that_is_a_url_is_kept() -> None:
    given = [Candidate("url", "string", "uri"), Candidate("homepage", "string", "uri"), *fields("name")]
    assert rank(given)[:2] == ("url", "name")
    assert rank([Candidate("id", "string", "uri"), *fields("name")]) == ("id", "name")


def test_path_parameters_of_children_identify() -> None:
    given = fields("dag_display_name", "run_type", "dag_run_id", "state", "dag_id")
    assert rank(given, identifying={"dag_run_id"})[0] == "dag_run_id"


def test_a_name_one_level_down_is_the_label() -> None:
    assert rank(fields("id", "name.first", "name.last", "role"))[:3] == ("id", "name.first", "name.last")
    assert rank(fields("sha", "commit.message", "tree.sha"))[:2] == ("sha", "commit.message")


def test_the_fields_of_a_wrapper_are_the_record_s_own() -> None:
    given = fields("type", "id", "attributes.title", "attributes.status", "attributes.body")
    assert rank(given) == ("id", "attributes.title", "attributes.status", "type")


def test_a_nested_object_gives_its_label_once() -> None:
    given = fields("id", "name", "organization.id", "organization.name", "organization.code", "organization.website")
    assert [path for path in rank(given) if path.startswith("organization")] == ["organization.name"]


def test_a_list_of_objects_gives_its_labels() -> None:
    assert rank(fields("id", "name", "tags[*].name", "tags[*].id")) == ("id", "name", "tags[*].name")


def test_status_keeps_its_place_against_many_better_fields() -> None:
    names = ["id", "uuid", "name", "title", "first_name", "last_name", "display_name", "customer_id", "order_id"]
    assert "status" in rank([*fields(*names, "code", "status")], identifying={"customer_id", "order_id"})


def test_at_most_keep_fields_and_at_least_one() -> None:
    given = fields("id", "name", "status", *(f"field{letter}" for letter in "abcdefghijkl"))
    assert len(rank(given)) == 8
    assert len(rank(given, keep=3)) == 3
    assert rank(fields("id"), keep=0) == ("id",)


def test_personal_data_is_shown_where_nothing_else_names_the_record() -> None:
    assert rank(fields("id", "email", "name")) == ("id", "name")
    assert rank(fields("id", "email", "role"))[:2] == ("id", "email")


def test_a_result_without_identity_keeps_its_text() -> None:
    assert rank(fields("content", "continuation_token")) != ()
    assert not is_record(fields("content", "lines"))
    assert is_record(fields("id", "lines"))


def test_the_order_of_equals_follows_the_input_and_nothing_else() -> None:
    given = fields("id", "alpha", "beta", "gamma")
    assert rank(given) == ("id", "alpha", "beta", "gamma")
    shuffled = given[:]
    random.Random(3).shuffle(shuffled)
    assert set(rank(shuffled)) == set(rank(given))


def test_nothing_from_nothing() -> None:
    assert rank([]) == ()
    assert candidates_from([]) == []
    assert candidates_from(["a", 1, None]) == []


# ------------------------------------------------------------------------------------------------------ from data


def test_received_records_give_paths_types_and_formats() -> None:
    found = candidates_from([{"id": 1, "site": "https://x.example", "due": "2026-03-01", "odd.key": {"a b": 1.5}}])
    assert {(one.path, one.type, one.format) for one in found} == {
        ("id", "integer", None),
        ("site", "string", "uri"),
        ("due", "string", "date-time"),
        ('["odd.key"].a b', "number", None),
    }


def test_what_is_the_same_in_every_record_or_long_is_left_out() -> None:
    countries = [{"code": "DE", "name": "Germany"}, {"code": "FR", "name": "France"}]
    given = [
        {"id": number, "name": f"n{number}", "owner": {"name": "same"}, "countries": countries, "remark": "x" * 400}
        for number in range(5)
    ]
    assert rank(candidates_from(given)) == ("id", "name")


def test_fields_that_are_always_null_are_left_out() -> None:
    given = [{"id": 1, "name": "a", "code": None}, {"id": 2, "name": "b", "code": None}]
    assert rank(candidates_from(given)) == ("id", "name")


def test_a_map_keyed_by_data_is_not_taken_for_fields() -> None:
    given = [{"id": 1, "name": "a", "scores": {f"key{number}": number for number in range(100)}}]
    assert [one.path for one in candidates_from(given)] == ["id", "name"]


def test_what_a_placeholder_ends_in_identifies_where_there_is_no_id() -> None:
    given = fields("size", "ip", "owner.name")
    assert rank(given, identifying={"floating_ip"})[0] == "ip"
    assert rank(fields("size", "number", "syriac"), identifying={"word_number"}, resource=("word",))[0] == "number"


def test_the_id_of_what_the_records_are_called_identifies() -> None:
    assert rank(fields("gender", "number", "word.id", "lexeme.id"), resource=("word",))[0] == "word.id"


def test_a_field_named_like_the_records_is_their_label() -> None:
    assert rank(fields("id", "category", "word"), resource=("word",))[:2] == ("id", "word")


def test_beside_a_name_other_names_come_after_status_amount_and_date() -> None:
    given = [*fields("id", "cluster_name", "name", "status"), Candidate("total", "number")]
    assert rank(given) == ("id", "name", "status", "total", "cluster_name")
    assert rank(fields("id", "cluster_name", "status")) == ("id", "cluster_name", "status")


def test_the_name_of_the_records_is_their_own_name() -> None:
    given = fields("dag_id", "bundle_name", "dag_display_name", "status")
    assert rank(given, identifying={"dag_id"}, resource=("dag",)) == (
        "dag_id", "dag_display_name", "status", "bundle_name",
    )  # fmt: skip


def test_flags_take_no_place_of_a_status() -> None:
    given = [*fields("id", "name", archived="boolean", active="boolean"), *fields("status", "code")]
    assert rank(given) == ("id", "name", "status", "code", "archived", "active")
    assert rank([*fields("id", "name", "code"), *fields(active="boolean")]) == ("id", "name", "active", "code")
    assert rank([*fields("id", "name", "code"), *fields(archived="boolean")]) == ("id", "name", "code", "archived")


def test_a_flag_that_is_the_same_everywhere_is_left_out() -> None:
    given = [{"id": number, "name": f"n{number}", "active": True} for number in range(5)]
    assert rank(candidates_from(given)) == ("id", "name")


def test_a_digit_at_the_end_of_a_name_hides_nothing() -> None:
    assert rank([*fields("reference1", "reference2"), Candidate("amount", "number")])[0] == "reference1"


def test_an_object_in_one_alternative_is_no_value_in_the_other() -> None:
    assert rank([*fields("id", "name"), Candidate("droplet", None), *fields("droplet.size")]) == ("id", "name")


def test_what_a_wrapper_repeats_is_shown_once() -> None:
    assert rank(fields("alertId", "metadata.alertId", "type")) == ("alertId", "type")


def test_what_a_record_belongs_to_is_kept_by_its_id_where_nothing_names_it() -> None:
    assert rank(fields("id", "name", "person.id", "user.id", "user.name")) == ("id", "name", "user.name", "person.id")


def test_a_kind_is_the_label_of_what_has_no_name() -> None:
    given = [*fields("id", "severity", "status", "stage"), Candidate("type", "string")]
    assert rank(given, keep=4)[:2] == ("id", "type")


# ------------------------------------------------------------------------------------------- what other vendors write


def test_a_last_name_goes_with_its_first_name() -> None:
    many = fields("course_name", "learner_first_name", "assessment_name", "learner_last_name", "id")
    assert {"learner_first_name", "learner_last_name"} <= set(rank(many, keep=3))
    assert rank(fields("id", "forename", "middleName", "surname"))[:3] == ("id", "forename", "surname")


def test_a_person_s_title_is_a_form_of_address() -> None:
    given = fields("id", "title", "company_name", "first_name", "status", "last_name")
    assert rank(given)[:4] == ("id", "first_name", "last_name", "status")
    assert rank(fields("id", "title", "first_name"))[:2] == ("id", "title")


def test_ids_by_other_words() -> None:
    assert rank(fields("cell_id", "operator", "sid"))[0] == "sid"
    assert rank(fields("account_code", "orderIdentifier"), identifying={"order_identifier"})[0] == "orderIdentifier"
    assert "idConnector" in rank(fields("label", "idConnector"))
    assert rank(fields("num", "title", "transcript"))[0] in {"title", "num"}


def test_of_several_ids_that_may_be_its_own_more_than_one_is_kept() -> None:
    given = fields("check_id", "mandate_id", "transaction_id", *(f"colour{letter}" for letter in "abcdefgh"))
    assert {"check_id", "mandate_id", "transaction_id"} <= set(rank(given))
    assert rank(fields("order_id", "entity_id", "state"))[0] == "entity_id"


def test_names_in_other_languages() -> None:
    assert rank(fields("id", "ort", "bezeichnung"))[:2] == ("id", "bezeichnung")
    assert rank(fields("id", "vorname", "ort", "nachname"))[:3] == ("id", "vorname", "nachname")
    assert rank(fields("id", "date", "name_de", "name_fr", "name_en")) == ("id", "name_en", "date")


def test_a_name_written_in_one_piece_is_a_name() -> None:
    assert rank(fields("id", "colour", "productname"))[:2] == ("id", "productname")


def test_a_flag_is_no_name() -> None:
    assert rank([*fields("id", "heading"), Candidate("clean_title", "boolean")])[:2] == ("id", "heading")


def test_an_address_tells_places_apart_that_only_a_text_is_said_about() -> None:
    assert set(rank(fields("oid", "description", "address1"))) == {"oid", "description", "address1"}
    assert rank(fields("id", "price", "full_address"))[:2] == ("id", "full_address")


def test_names_by_language_name_a_record_without_a_name() -> None:
    assert "names[*].text" in rank(fields("code", "names[*].text", "names[*].language"))


def test_what_only_holds_the_record_is_looked_through() -> None:
    given = fields("score", "item.id", "item.title", "item.status", "item.owner.name")
    assert rank(given, entry=True)[:3] == ("item.id", "item.title", "item.status")
    game = fields("game.away_team_id", "game.game_id", "plays[*].id")
    assert rank(game, entry=True)[0] == "game.game_id"


def test_the_name_nearest_to_the_record_is_the_better_one() -> None:
    found = rank(fields("id", "artist", "venue.city.name", "venue.name"))
    assert "venue.name" in found
    assert "venue.city.name" not in found


def test_a_text_says_more_than_an_address_of_mail() -> None:
    assert rank(fields("id", "email", "content"))[:2] == ("id", "content")


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


def test_what_the_path_asks_for_is_shown_inside_an_object_too() -> None:
    given = fields("subject", "task_instance.dag_display_name", "task_instance.task_id", "task_instance.pool")
    assert "task_instance.task_id" in rank(given, identifying=("task_id",))
    assert "task_instance.task_id" not in rank(given)


def test_the_name_of_an_object_is_called_after_it() -> None:
    found = rank(fields("id", "task.queue_name", "task.task_name"))
    assert ("task.task_name" in found, "task.queue_name" in found) == (True, False)


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


def test_deprecated_fields_are_left_out() -> None:
    assert rank(fields("id", "name", "deprecated_status", "obsolete_code")) == ("id", "name")


def test_a_state_of_a_part_of_a_part_is_not_the_state() -> None:
    assert rank(fields("id", "init.result.code", "name")) == ("id", "name")
    assert rank(fields("id", "status.state.name", "name")) == ("id", "name", "status.state.name")


def test_a_name_that_identifies_is_the_name() -> None:
    given = fields("name", "cluster_name", "generate_name", "regarding.name", *(f"z{one}" for one in "abcdefgh"))
    assert rank(given, identifying=("name",), keep=2) == ("name", "regarding.name")


def test_what_only_some_may_see_names_the_record_all_the_same() -> None:
    given = fields("id", "state", "_private.name", "_links.name")
    assert rank(given) == ("id", "_private.name", "state")


def test_an_issuer_names_what_has_no_name() -> None:
    given = [Candidate(name, "string", "uri") for name in ("authorization_endpoint", "issuer", "url")]
    assert rank(given)[:2] == ("url", "issuer")


def test_a_first_free_text_names_what_has_an_id_and_no_name() -> None:
    given = [Candidate("id", "integer"), Candidate("gender", "string", enum=True), *fields("syriac", "western")]
    assert rank(given)[:3] == ("id", "syriac", "gender")
    # What belongs to something with a name is told by that, and a remark is no name.
    assert rank([Candidate("id", "integer"), *fields("prefix", "customer.name")])[1] == "customer.name"
    assert rank([Candidate("id", "integer"), *fields("remarks", "prefix")]) == ("id", "prefix")
    assert rank([*fields("note_number", "prefix", "number"), Candidate("total", "number")])[1] != "prefix"


def test_a_log_record_keeps_its_message() -> None:
    assert "message" in rank(fields("id", "name", "level", "message", "timestamp"))
    assert "message" in rank(fields("id", "name", "message"), resource=("log",))
    assert "message" not in rank(fields("id", "name", "message"))


def test_what_is_said_twice_is_shown_once() -> None:
    assert rank(fields("id", "name", "state.name", "state_name")) == ("id", "name", "state.name")
    assert rank(fields("id", "name", "team.name", "team_name")) == ("id", "name", "team_name")


def test_what_may_be_missing_comes_after_its_equals() -> None:
    late = Candidate("metadata.zone", "string", optional=True)
    flag = Candidate("beta", "boolean", optional=True)
    given = [late, flag, *fields("id", "name", "body.region"), Candidate("shared", "boolean")]
    assert rank(given) == ("id", "name", "body.region", "shared", "metadata.zone", "beta")


def test_a_ranking_that_was_asked_before_says_the_same() -> None:
    given = fields("sku", "name", "first_name", "status", "code", "text", "zone", "shelf", "notes")
    ranking = FieldRanking(given, (), (), entry=False)
    for keep in (8, 2, 5, 8):
        assert ranking.is_record == is_record(given)
        assert ranking.rank(keep) == rank(given, keep=keep)


def test_who_changed_a_record_is_bookkeeping_in_objects_too() -> None:
    given = fields("id", "name", "createdBy.firstName", "updatedBy.lastName", "owner.firstName")
    assert rank(given) == ("id", "name", "owner.firstName")
    assert rank(fields("stockNbr", "name"), identifying=("stock_nbr",))[0] == "stockNbr"


def test_a_code_of_what_a_record_holds_is_not_the_record_s() -> None:
    names = {"prefix_slug", "slug"}
    shown = rank(fields("id", "prefix", "site.name", "site.slug", "zone"), identifying=names)
    assert "site.name" in shown
    assert "site.slug" not in shown
    assert "id.slug" in rank(fields("title", "id.slug"), identifying=names)
