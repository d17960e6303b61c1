"""Lets moto answer one request at a time.

Its models are dictionaries without locks, read and written by each request's own thread: a description that meets a creation
ends with "dictionary changed size during iteration", an error that AWS does not know. Both are computation in one interpreter, so
taking turns costs next to nothing.
"""

import threading

from localstack.services import moto

from elbow_localstack.replacement import replaces

# A provider of LocalStack's may ask moto again while moto asks it.
_turn = threading.RLock()


@replaces(moto)
def dispatch_to_moto(context):
    with _turn:
        return dispatch_to_moto.replaced(context)
