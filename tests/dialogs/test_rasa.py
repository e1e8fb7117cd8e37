"""The whole dialog with a Rasa server: its recorded answers over HTTP, its outages."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from conversations.models import Message
from okno.rasa import FALLBACKS, rasa_findings
from tests.dialogs.conftest import BuildHouse, House

EXCHANGE = Path(__file__).parent.parent / "nlu" / "rasa_exchange.json"


class Rasa:
    """Answers as recorded; ``asked`` are the texts; ``status`` other than 200 is an outage."""

    def __init__(self) -> None:
        recorded = json.loads(EXCHANGE.read_text(encoding="utf-8"))["exchanges"]
        self.answers = {one["request"]["text"]: one["answer"] for one in recorded}
        self.asked: list[str] = []
        self.status = 200
        rasa = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({"model_file": "okno.tar.gz"})

            def do_POST(self) -> None:
                text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
                rasa.asked.append(text)
                self._answer(rasa.answers.get(text, {}))

            def _answer(self, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(rasa.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Not on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def rasa() -> Iterator[Rasa]:
    server = Rasa()
    yield server
    server.close()


@pytest.fixture
async def rasa_house(build_house: BuildHouse, rasa: Rasa) -> House:
    return await build_house(rasa_url=rasa.url)


async def model_of_the_last(house: House) -> str:
    async with house.services.database.read() as session:
        rows = await session.execute(select(Message.understanding).order_by(Message.id))
    return str([found["model"] for found in rows.scalars() if found][-1])


async def test_rasas_reading_leads_the_dialog(rasa_house: House, rasa: Rasa) -> None:
    customer = rasa_house.customer()
    await customer.writes("день 4471 ночь 2210")
    assert rasa.asked == ["день 4471 ночь 2210"]
    given = (await customer.conversation()).state["flow_state"]["given"]
    assert given == [["day", 4471000], ["night", 2210000]]
    assert await model_of_the_last(rasa_house) != rasa_house.engine.model_id


async def test_a_topic_of_the_base_is_answered(rasa_house: House) -> None:
    said = await rasa_house.customer().writes("почему начислили пени за октябрь")
    assert "1/300" in said.text


async def test_in_an_outage_the_embedded_engine_answers_and_it_is_counted(
    rasa_house: House, rasa: Rasa
) -> None:
    before = FALLBACKS._value.get()
    rasa.status = 500
    customer = rasa_house.customer()
    assert "5,47" in (await customer.writes("какие тарифы?")).text
    rasa.close()
    assert "Светлая" in (await customer.writes("где ваш офис?")).text
    assert FALLBACKS._value.get() == before + 2
    assert (await customer.conversation()).attempts == 0
    assert await model_of_the_last(rasa_house) == rasa_house.engine.model_id


async def test_a_danger_does_not_wait_for_rasa(rasa_house: House, rasa: Rasa) -> None:
    assert "112" in (await rasa_house.customer().writes("искрит провод")).text
    assert rasa.asked == []


async def test_the_doctor_says_whether_rasa_answers(rasa_house: House, rasa: Rasa) -> None:
    found = [one async for one in rasa_findings(rasa_house.services.settings)]
    assert [(one.what, one.mend) for one in found] == [("Rasa answers", "")]
    rasa.status = 503
    found = [one async for one in rasa_findings(rasa_house.services.settings)]
    assert found[0].what.startswith("Rasa does not answer")
    assert "OKNO_RASA_URL" in found[0].mend
