"""The one door to numba: `njit` with this project's options and a cache that is never stale.

Numba's own cache notices an edit of the file that holds a function, not of a file it imports from,
and would go on serving the old rule. The cache folder is therefore named by a hash of every module
that compiled code is made of: an edit of any starts a fresh folder. Import numba only through this
module.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sim.identity import cache_home, compiled_hash


def cache_folder() -> Path:
    """Folder of compiled code for the present source."""
    return cache_home() / "compiled" / compiled_hash()


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

import numba  # noqa: E402  (the cache folder must be named first)
import numba.np.arrayobj  # noqa: E402

__all__ = [
    "bits_of",
    "cache_folder",
    "inlined",
    "is_cached",
    "kernel",
    "njit",
    "numba",
    "number_of",
    "prefetch",
]  # fmt: skip


_fix_index = numba.np.arrayobj.fix_integer_index


def _index(context: Any, builder: Any, index_type: Any, index: Any, size: Any) -> Any:
    """Numba's own, but in functions of this project an index is never counted from the end: the
    question whether it is negative costs a tenth of a run. The interpreted kernels would answer
    otherwise, so the equality test of the two forms notices a negative one."""
    if not builder.function.name.startswith("_ZN3sim"):
        return _fix_index(context, builder, index_type, index, size)
    return context.cast(builder, index, index_type, numba.types.intp)


numba.np.arrayobj.fix_integer_index = _index


def njit(function: Any) -> Any:
    """Compile without the interpreter lock, cached on disk; no fast-math, so bits agree."""
    return numba.njit(nogil=True, cache=True, fastmath=False, error_model="numpy")(function)


def kernel(function: Any) -> Any:
    """As `njit`, for functions that allocate nothing: arrays are passed without counting
    references. Numba counts them atomically at every call, which costs a fifth of a run and more
    with every further thread."""
    options = {"nogil": True, "cache": True, "fastmath": False, "error_model": "numpy"}
    return numba.njit(_nrt=False, **options)(function)


def inlined(function: Any) -> Any:
    """As `kernel`, written into every caller: a call passes on each array as seven words, which
    costs more than a short function does."""
    options = {"nogil": True, "cache": True, "fastmath": False, "error_model": "numpy"}
    return numba.njit(_nrt=False, forceinline=True, **options)(function)


def is_cached() -> bool:
    """True when compiled code for the present source is on disk already."""
    folder = cache_folder()
    return folder.is_dir() and any(folder.iterdir())


@numba.extending.intrinsic
def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    from llvmlite import ir
    from numba.core import cgutils, types

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type = signature.args[0]
        held = context.make_array(array_type)(context, builder, arguments[0])
        row = context.cast(builder, arguments[1], signature.args[1], types.intp)
        zero = context.get_constant(types.intp, 0)
        number = ir.IntType(32)
        # The first byte of the row and the first after it: a row may lie across two cache lines.
        for step in (0, 1):
            this = builder.add(row, context.get_constant(types.intp, step))
            indices = [this] + [zero] * (array_type.ndim - 1)
            pointer = cgutils.get_item_pointer(context, builder, array_type, held, indices)
            address = builder.bitcast(pointer, ir.IntType(8).as_pointer())
            function = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(ir.VoidType(), [address.type, number, number, number]),
                "llvm.prefetch.p0",
            )
            read_and_write = [ir.Constant(number, value) for value in (0, 3, 1)]
            builder.call(function, [address, *read_and_write])
        return context.get_dummy_value()

    return types.void(array, index), emit


@numba.extending.intrinsic
def _bits_of(typing_context: Any, value: Any) -> Any:
    from numba.core import types

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), emit


@numba.extending.intrinsic
def _number_of(typing_context: Any, bits: Any) -> Any:
    from numba.core import types

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), emit


if numba.config.DISABLE_JIT:
    # The interpreted form of the kernels, for a look with a debugger and for the equality test.
    import struct

    def prefetch(array: Any, index: int) -> None:
        """Nothing to do without a compiler."""

    def bits_of(value: float) -> int:
        """As the compiled form."""
        return int(struct.unpack("<q", struct.pack("<d", value))[0])

    def number_of(bits: int) -> float:
        """As the compiled form."""
        return float(struct.unpack("<d", struct.pack("<q", int(bits)))[0])

else:

    @kernel
    def prefetch(array: Any, index: int) -> None:
        """Ask the processor for row `index` of an array before it is needed; changes no result.

        The day's requests touch one resident in fifty, so nearly every one misses the cache.
        """
        _prefetch(array, index)

    @inlined
    def bits_of(value: float) -> int:
        """The 64 bits of a float64."""
        return _bits_of(value)

    @inlined
    def number_of(bits: int) -> float:
        """The float64 of 64 bits."""
        return _number_of(bits)
