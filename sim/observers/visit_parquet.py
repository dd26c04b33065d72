"""A Parquet file written in row groups under a temporary name, and renamed when it is whole."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.observers.visit_columns import SCHEMA_VERSION, Column

ROW_GROUP = 200_000  # rows buffered before they are written, or a day's more
NO_DATE = -(2**31)  # in a date column, written as an empty cell


class ParquetTable:
    """Rows in, a file out. `open`, `begin`, `add` …, `finish`, `publish`; `discard` at any time."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self.path = path
        self.columns = columns
        self.temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self.parts: list[Mapping[str, np.ndarray]] = []
        self.held = 0
        self.rows = 0
        self.stream: Any = None
        self.writer: Any = None

    def open(self) -> None:
        """Create the temporary file, so that a folder that cannot be written is known at once.

        raises  OSError when it cannot be created
        """
        self.stream = self.temporary.open("wb")

    def begin(self, names: Mapping[str, Sequence[str]]) -> None:
        """Write the head. `names`: the words of every column of type `names`."""
        self.words = {
            column.name: pa.array(column.words or names[column.name], type=pa.string())
            for column in self.columns
            if column.type in ("category", "names")
        }
        self.schema = pa.schema([self._field(column) for column in self.columns])
        self.writer = pq.ParquetWriter(self.stream, self.schema, compression="zstd")

    def add(self, rows: Mapping[str, Any]) -> None:
        """Append rows: one array a column, indices for words."""
        self.parts.append(rows)
        count = len(next(iter(rows.values())))
        self.held += count
        self.rows += count
        if self.held >= ROW_GROUP:
            self._flush()

    def finish(self, about: Mapping[str, str]) -> None:
        """Write what is buffered and the end of the file, with `about` in its metadata."""
        self._flush()
        self.writer.add_key_value_metadata({**about, "schema_version": str(SCHEMA_VERSION)})
        self.writer.close()
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()

    def publish(self) -> None:
        """Give the finished file its name; one that is there is replaced."""
        self.temporary.replace(self.path)

    def discard(self) -> None:
        """Remove the temporary file if it is still there."""
        # What cannot be written any more (a full disk) is removed below all the same.
        with suppress(OSError):
            if self.writer is not None and self.writer.is_open:
                self.writer.close()
        with suppress(OSError):
            if self.stream is not None:
                self.stream.close()
        self.temporary.unlink(missing_ok=True)

    def _field(self, column: Column) -> Any:
        kind = self._type(column)
        about = {"unit": column.unit, "meaning": column.en, "meaning_zh": column.zh}
        return pa.field(column.name, kind, nullable=column.name == "end_date", metadata=about)

    def _type(self, column: Column) -> Any:
        if column.name in self.words:
            index = pa.int8() if column.type == "category" else pa.int32()
            return pa.dictionary(index, pa.string())
        return pa.bool_() if column.type == "bool" else getattr(pa, column.type)()

    def _flush(self) -> None:
        if not self.held:
            return
        arrays = []
        for column, field in zip(self.columns, self.schema, strict=True):
            values = np.concatenate([np.asarray(part[column.name]) for part in self.parts])
            arrays.append(self._array(column, field.type, values))
        table = pa.Table.from_arrays(arrays, schema=self.schema)
        self.writer.write_table(table, row_group_size=self.held)
        self.parts = []
        self.held = 0

    def _array(self, column: Column, kind: Any, values: np.ndarray) -> Any:
        if column.name in self.words:
            index = pa.array(values.astype(kind.index_type.to_pandas_dtype()))
            return pa.DictionaryArray.from_arrays(index, self.words[column.name])
        if column.type == "date32":
            days = pa.array(values.astype(np.int32), mask=values == NO_DATE)
            return days.cast(pa.date32())
        return pa.array(values.astype(kind.to_pandas_dtype()), type=kind)
