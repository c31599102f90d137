from __future__ import annotations

from inference.training.split import fold_of, held_out_patients, is_held_out, training_patients

PATIENTS = [f"LiTS-{number}" for number in range(200)]


def test_no_patient_is_both_trained_on_and_held_out() -> None:
    training, held_out = training_patients(PATIENTS), held_out_patients(PATIENTS)
    assert set(training).isdisjoint(held_out)
    assert set(training) | set(held_out) == set(PATIENTS)


def test_about_one_in_eight_is_held_out() -> None:
    assert 14 <= len(held_out_patients(PATIENTS)) <= 40


def test_a_new_patient_moves_no_other() -> None:
    before = held_out_patients(PATIENTS)
    after = held_out_patients([*PATIENTS, "LiTS-999"])
    assert set(before) == set(after) - {"LiTS-999"}


def test_the_shipped_split_stays_as_the_card_says() -> None:
    assert is_held_out("LiTS-104")
    assert is_held_out("3Dircadb-4")
    assert not is_held_out("LiTS-10")


def test_every_patient_is_tested_in_one_of_the_folds() -> None:
    assert {fold_of(patient) for patient in PATIENTS} == {0, 1, 2, 3, 4}
