"""The walk of walk_test.py by rooms. The messages of the contract are made with it."""
import atexit
import tempfile

import small_network

_folder = tempfile.TemporaryDirectory()
atexit.register(_folder.cleanup)
small_network.make_messages(_folder.name)
