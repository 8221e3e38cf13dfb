"""Puts rows into the stream behind the back of its worker, which does not count them."""

import os

import pyarrow as pa

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, stream

ROW = pa.record_batch({"file_id": pa.array([999], pa.int64()), "size": pa.array([1], pa.int32())})


class Smuggler(Animal):
    def bite(self, source):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, ROW.schema) as writer:
            writer.write_batch(ROW)
        os.write(stream(), wire.frame(wire.BATCH, b"\0" + sink.getvalue().to_pybytes()))


open = Smuggler
