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

from sim.source import compiled_hash


def cache_folder() -> Path:
    """Folder of compiled code for the present source."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "tiercare" / "compiled" / compiled_hash()


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

import numba  # noqa: E402  (the cache folder must be named first)

__all__ = ["cache_folder", "is_cached", "njit", "numba", "prefetch"]


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
    """As `kernel`, written into every caller: a call hands over each array as seven words, which
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


# exp(r) for |r| <= ln(2)/2: the Taylor series to 1/12!, even and odd powers apart (two short
# chains run side by side), highest first.
EXP_EVEN = (
    2.08767569878681e-09, 2.7557319223985893e-07, 2.48015873015873e-05, 0.001388888888888889,
    0.041666666666666664, 0.5, 1.0,
)  # fmt: skip
EXP_ODD = (
    2.505210838544172e-08, 2.7557319223985893e-06, 0.0001984126984126984, 0.008333333333333333,
    0.16666666666666666, 1.0,
)  # fmt: skip
INVERSE_LN2, LN2_HIGH, LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10


@numba.extending.intrinsic
def _exp_rows_of_four(typing_context: Any, array: Any) -> Any:
    """Replace the first twelve float64 of an array by their exponentials, four at a time."""
    from llvmlite import ir
    from numba.core import cgutils, types

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        four = ir.VectorType(ir.DoubleType(), 4)
        whole = ir.VectorType(ir.IntType(64), 4)

        def constant(value: float) -> Any:
            return ir.Constant(four, [value] * 4)

        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        floor = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(four, [four]), "llvm.floor.v4f64"
        )
        for chunk in range(3):
            place = builder.gep(held.data, [ir.Constant(ir.IntType(64), 4 * chunk)])
            pointer = builder.bitcast(place, four.as_pointer())
            x = builder.load(pointer, align=8)
            k = builder.fmul(x, constant(INVERSE_LN2))
            k = builder.call(floor, [builder.fadd(k, constant(0.5))])
            r = builder.fsub(x, builder.fmul(k, constant(LN2_HIGH)))
            r = builder.fsub(r, builder.fmul(k, constant(LN2_LOW)))
            square = builder.fmul(r, r)
            even, odd = constant(EXP_EVEN[0]), constant(EXP_ODD[0])
            for coefficient in EXP_EVEN[1:]:
                even = builder.fadd(builder.fmul(even, square), constant(coefficient))
            for coefficient in EXP_ODD[1:]:
                odd = builder.fadd(builder.fmul(odd, square), constant(coefficient))
            total = builder.fadd(builder.fmul(odd, r), even)
            bits = builder.add(builder.fptosi(k, whole), ir.Constant(whole, [1023] * 4))
            power = builder.bitcast(builder.shl(bits, ir.Constant(whole, [52] * 4)), four)
            builder.store(builder.fmul(total, power), pointer, align=8)
        return context.get_dummy_value()

    return types.void(array), emit


if numba.config.DISABLE_JIT:
    # The interpreted form of the kernels, for a look with a debugger and for the equality test.
    import math

    def prefetch(array: Any, index: int) -> None:
        """Nothing to do without a compiler."""

    def exponentials(values: Any) -> None:
        """As the compiled form, the same operations one by one."""
        for j in range(12):
            x = float(values[j])
            k = math.floor(x * INVERSE_LN2 + 0.5)
            r = (x - k * LN2_HIGH) - k * LN2_LOW
            square = r * r
            even, odd = EXP_EVEN[0], EXP_ODD[0]
            for coefficient in EXP_EVEN[1:]:
                even = even * square + coefficient
            for coefficient in EXP_ODD[1:]:
                odd = odd * square + coefficient
            values[j] = math.ldexp(odd * r + even, k)

else:

    @kernel
    def prefetch(array: Any, index: int) -> None:
        """Ask the processor for row `index` of an array before it is needed; changes no result.

        The day's requests touch one resident in fifty, so nearly every one misses the cache.
        """
        _prefetch(array, index)

    @kernel
    def exponentials(values: Any) -> None:
        """Replace twelve float64 by their exponentials, |x| <= 700.

        Range reduction and a polynomial, multiplications and additions only: the same bits on
        every machine, and four at a time. Relative error below 4e-16 (test).
        """
        _exp_rows_of_four(values)
