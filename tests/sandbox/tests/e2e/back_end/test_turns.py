import threading
import time
import unittest
from unittest import mock

from localstack.services import moto

from elbow_localstack import serial


class Turns(unittest.TestCase):
    def test_moto_answers_one_request_at_a_time(self):
        """The dictionaries of its models have no locks."""
        inside, most = [], []

        def answer(context):
            inside.append(context)
            most.append(len(inside))
            time.sleep(0.02)
            inside.remove(context)

        with mock.patch.object(serial.dispatch_to_moto, "replaced", answer):
            threads = [threading.Thread(target=moto.dispatch_to_moto, args=[number]) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(most, [1] * 8)
