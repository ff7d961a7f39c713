"""What is wrong with values is said in a sentence, by page, command and API alike; what is right beside it lands."""

import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from approvals.services.people import create_token
from metrics.models import Metric
from metrics.services import importing
from tests.factories.approvals import signed_in, steward
from tests.factories.metrics import metric, weeks_ago

pytestmark = pytest.mark.django_db
HEAD = "metric,period_start,value"
LAST, BEFORE = weeks_ago(1).isoformat(), weeks_ago(2).isoformat()
NEXT_YEAR = f"{timezone.localdate().year + 1}-06-01"


@pytest.fixture
def target() -> Metric:
    return metric(key="worked_on")


def by_page(data: bytes, tmp_path: Any, capsys: Any) -> str:
    answer = signed_in(steward()).post("/metrics/import/", {"file": SimpleUploadedFile("values.csv", data)})
    assert answer.status_code in {200, 422}
    return answer.content.decode().replace("&#x27;", "'")


def by_command(data: bytes, tmp_path: Any, capsys: Any) -> str:
    file = tmp_path / "values.csv"
    file.write_bytes(data)
    try:
        call_command("import_observations", str(file))
    except CommandError as error:
        return str(error)
    except SystemExit:
        pass
    return json.dumps(json.loads(capsys.readouterr().out), ensure_ascii=False)


Road = Callable[[bytes, Any, Any], str]


@pytest.fixture(params=[by_page, by_command], ids=["page", "command"])
def road(request: Any) -> Road:
    return request.param


@pytest.mark.parametrize(
    ("data", "says", "stored"),
    [
        (b"", "The file is empty.", 0),
        (b"\xef\xbb\xbf\r\n", "The file is empty.", 0),
        (HEAD.encode(), "a header but no rows", 0),
        (f"{HEAD}\nworked_on,{LAST},5\nworked_on,2026-0".encode(), "cut off", 1),
        (f"{HEAD}\nworked_on,{LAST},5\n".encode("utf-16"), "", 1),
        (f"{HEAD}\nworked_on,{LAST},5\n".encode("utf-16-le"), "", 1),
        (f"{HEAD}\nworked_on,{LAST},12,5\n".replace(",", ";").replace("12;5", "12,5").encode(), "", 1),
        (f'{HEAD}\nworked_on,{BEFORE},1.5\nworked_on,{LAST},"2,5"\n'.encode(), "", 2),
        (f'{HEAD}\nworked_on,{BEFORE},1.5\nworked_on,{LAST},"1,234"\n'.encode(), "may mean 1.234 or 1234", 1),
        (f'{HEAD}\nworked_on,{BEFORE},1.5\nworked_on,{LAST},"1,234.5"\n'.encode(), "without thousands separators", 1),
        (f"{HEAD}\nworked_on,{BEFORE},5\nworked_on,{NEXT_YEAR},5\n".encode(), "has not begun yet", 1),
        (f"{HEAD}\nworked_on,{BEFORE},5\nworked_on,3026-01-05,5\n".encode(), "between 1990 and 2100", 1),
        (f"{HEAD}\nworked_on,{BEFORE},5\nworked_on,{LAST},NaN\n".encode(), "Enter a number", 1),
        (f"{HEAD}\nworked_on,{BEFORE},5\nworked_on,{LAST},-Infinity\n".encode(), "Enter a number", 1),
        (f"{HEAD}\nworked_on,{BEFORE},5\nworked_on,{LAST},1e400\n".encode(), "too large", 1),
        (f"{HEAD}\nworked_on,{LAST},5\nworked_on,{LAST},5\n".encode(), "Already recorded.", 1),
        (f"{HEAD}\nworked_on,{LAST},5\nworked_on,{LAST},6\n".encode(), "6 instead of 5", 2),
    ],
)
def test_a_file_is_survived_with_a_sentence(target, road, data, says, stored, tmp_path, capsys):
    assert says in road(data, tmp_path, capsys)
    assert target.observations.count() == stored


@pytest.mark.parametrize(
    ("rows", "says", "stored"),
    [
        ([(BEFORE, 5), (NEXT_YEAR, 5)], "has not begun yet", 1),
        ([(BEFORE, 5), (LAST, "1,234")], "may mean 1.234 or 1234", 1),
        ([(BEFORE, "2,5"), (LAST, "2.5")], "Stored.", 2),
        ([(BEFORE, 5), (LAST, "NaN")], "Enter a number", 1),
        ([(BEFORE, 5), (LAST, "1e400")], "too large", 1),
        ([(LAST, 5), (LAST, 5)], "Already recorded.", 1),
        ([(LAST, 5), (LAST, 6)], "6 instead of 5", 2),
        ([], "The list is empty.", 0),
    ],
)
def test_a_batch_by_api_is_survived_with_a_sentence(client, target, rows, says, stored):
    body = json.dumps([{"period_start": day, "value": value} for day, value in rows])
    assert says in _posted(client, target, body).content.decode()
    assert target.observations.count() == stored


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_json_without_a_number_is_refused_as_a_whole(client, target, number):
    answer = _posted(client, target, f'[{{"period_start": "{BEFORE}", "value": 5}}, {{"value": {number}}}]')
    assert answer.status_code == 422
    assert f"{number} is not a number that can be stored." in answer.json()["detail"]
    assert not target.observations.exists()


def test_an_external_id_twice_in_a_batch_stays_with_its_period(client, target):
    rows = [{"period_start": day, "value": value, "external_id": "x"} for day, value in ((BEFORE, 5), (LAST, 6))]
    items = _posted(client, target, json.dumps(rows)).json()["items"]
    assert [item["status"] for item in items] == ["stored", "refused"]
    assert "already used for the period" in items[1]["detail"]


def test_a_field_that_is_there_twice_is_refused_not_lost(client, target):
    answer = _posted(client, target, f'{{"period_start": "{LAST}", "value": 5, "value": 6}}')
    assert (answer.status_code, answer.json()["detail"]) == (422, "An object of the body names a field twice.")
    assert not target.observations.exists()


@pytest.mark.parametrize("source", ["pull Ticket system", "PREMISE.aggregation", " premise "])
def test_what_people_send_cannot_pass_for_what_premise_brings(client, target, source):
    row = {"period_start": LAST, "value": 5, "source": source}
    assert "stand for what Premise brings itself" in _posted(client, target, json.dumps(row)).json()["detail"]
    sent = {"rows": f"{HEAD},source\nworked_on,{LAST},5,{source.strip()}\nworked_on,{BEFORE},5,premises\n"}
    assert "1 stored" in signed_in(steward()).post("/metrics/import/", sent).content.decode()
    assert [row.source for row in target.observations.all()] == ["premises"]


def _posted(client: Any, target: Metric, body: str) -> Any:
    _, token = create_token(name="bad input", scopes=["metrics:write"])
    address = f"/api/v1/metrics/{target.key}/observations"
    return client.post(address, body, "application/json", headers={"Authorization": f"Bearer {token}"})


def test_what_is_too_large_to_send_says_what_to_do_instead(client, target, settings):
    settings.MAX_BODY_BYTES = 1000
    page = signed_in(steward()).post("/metrics/import/", {"file": SimpleUploadedFile("values.csv", b"x" * 2000)})
    assert page.status_code == 413
    assert "import_observations" in page.content.decode()
    answer = _posted(client, target, "[" + " " * 2000 + "]")
    assert answer.status_code == 413
    assert "10,000 rows" in answer.json()["detail"]


class Endless(io.RawIOBase):
    """A file of so many rows that are made as they are read."""

    def __init__(self, rows: int) -> None:
        self._left, self._rest, self._day = rows, f"{HEAD},note\n".encode(), weeks_ago(1)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._rest) < len(buffer) and self._left:
            self._left -= 1
            day = self._day - timedelta(weeks=self._left % 500)
            self._rest += f"worked_on,{day},{self._left % 90}.5,{'n' * 300}\n".encode()
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def test_memory_does_not_grow_with_the_file(target, monkeypatch):
    """Six times the file, the same memory: what a file of 200 MB takes is what a small one does."""
    monkeypatch.setattr(importing, "BATCH", 200)
    _peak(400)  # what is kept for good, such as the calendar of the days
    small, large = _peak(600), _peak(3_600)
    assert large < small * 1.3


def _peak(rows: int) -> int:
    tracemalloc.start()
    try:
        count = sum(1 for _ in importing.import_csv(Endless(rows), by=None, dry_run=True))
        assert count == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
