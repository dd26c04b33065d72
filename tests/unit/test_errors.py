"""Faults name the file, the place, what was got, what is allowed and what to do."""

from __future__ import annotations

import dataclasses

import pytest

from sim.errors import Fault, InputError


def test_a_fault_reads_as_one_sentence():
    fault = Fault("yearbook.csv", 14, "beds", "'1,200'", "a whole number", "Remove the comma.")
    assert str(fault) == (
        "yearbook.csv row 14, beds: got '1,200'; expected a whole number. Remove the comma."
    )


def test_place_and_field_are_left_out_where_the_file_is_meant():
    assert str(Fault("a.csv", 0, "", "nothing", "a header")) == (
        "a.csv: got nothing; expected a header."
    )


def test_all_faults_are_reported_at_once_and_in_order():
    faults = [Fault("a.csv", row, "x", "?", "a number") for row in (5, 2, 9)]
    error = InputError(iter(faults))
    assert list(error.faults) == faults
    lines = str(error).splitlines()
    assert lines[0] == "3 faults in the input:"
    assert [line.split()[2] for line in lines[1:]] == ["5,", "2,", "9,"]


def test_one_fault_is_singular():
    assert str(InputError([Fault("a.csv", 1, "", "?", "!")])).startswith("1 fault in")


def test_an_input_error_is_a_value_error_and_needs_a_fault():
    assert issubclass(InputError, ValueError)
    with pytest.raises(ValueError, match="at least one fault"):
        InputError([])


def test_a_fault_cannot_be_changed():
    fault = Fault("a.csv", 1, "x", "?", "!")
    with pytest.raises(dataclasses.FrozenInstanceError):
        fault.row = 2
