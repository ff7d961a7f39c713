"""The background for real: a task goes the whole way, also past a killed worker, and nobody waits for a lost broker."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery, current_app
from django.db import transaction

from config import pulse
from config.kit import wake
from tests.background import Process, wait_for


def test_a_task_goes_the_whole_way(celery_worker_process: Process, valkey: redis.Redis):
    current_app.send_task("config.pulse")
    wait_for(lambda: valkey.get(pulse.TASK), process=celery_worker_process)
    wait_for(lambda: valkey.get(pulse.WORKER), process=celery_worker_process)


def test_beat_asks_for_the_periodic_work(celery_beat_process: Process, valkey: redis.Redis):
    wait_for(lambda: valkey.get(pulse.BEAT) and valkey.get(pulse.TASK), seconds=30, process=celery_beat_process)


def test_a_worker_that_was_killed_takes_up_its_work_again(celery_worker_process: Process, valkey: redis.Redis):
    celery_worker_process.kill()
    current_app.send_task("config.pulse")
    time.sleep(0.2)
    assert valkey.get(pulse.TASK) is None
    celery_worker_process.start_again()
    wait_for(lambda: valkey.get(pulse.TASK), seconds=30, process=celery_worker_process)


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_is_sent_when_the_transaction_has_committed(valkey: redis.Redis, settings: Any):
    with transaction.atomic():
        wake.publish("signals")
        assert valkey.llen("premise") == 0
    assert valkey.llen("premise") == 1
    assert settings.PREMISE_WAKE["signals"].encode() in valkey.lindex("premise", 0)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_wakes_nobody(valkey: redis.Redis):
    with transaction.atomic():
        wake.publish("signals")
        transaction.set_rollback(True)
    assert valkey.llen("premise") == 0


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Wake through an application whose broker takes connections and never says a word."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        app = Celery("away", set_as_current=False)
        app.config_from_object(current_app.conf)
        app.conf.broker_url = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        monkeypatch.setattr(wake, "current_app", app)
        monkeypatch.setattr(wake, "_paused_until", 0.0)
        yield app.conf.broker_url


@pytest.mark.django_db(transaction=True)
def test_saving_goes_on_and_quickly_when_the_broker_is_down(
    away: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    wake.current_app.conf.broker_url = "redis://127.0.0.1:1/0"
    begun = time.monotonic()
    wake.publish("signals")
    assert time.monotonic() - begun < 1.5
    assert "The broker took no wake-up for signals" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_silent_broker_is_waited_for_once(away: str):
    begun = time.monotonic()
    wake.publish("signals")
    assert time.monotonic() - begun < 5
    begun = time.monotonic()
    for _ in range(5):
        wake.publish("signals")
    assert time.monotonic() - begun < 0.5


@pytest.mark.django_db(transaction=True)
def test_a_topic_without_a_task_is_logged(caplog: pytest.LogCaptureFixture):
    wake.publish("nonsense")
    assert "No task is configured for the topic nonsense." in caplog.text


def test_every_periodic_task_and_every_topic_has_its_task(settings: Any):
    current_app.loader.import_default_modules()
    wanted = {*settings.PREMISE_BEAT, *settings.PREMISE_WAKE.values()}
    assert wanted <= set(current_app.tasks)


def test_neither_remote_control_nor_gossip_is_switched_off():
    # With both off a worker hangs after its broker was restarted.
    assert current_app.conf.worker_enable_remote_control
    assert current_app.conf.task_acks_late
    assert current_app.conf.task_reject_on_worker_lost
    assert current_app.conf.broker_transport_options["visibility_timeout"] > current_app.conf.task_time_limit
