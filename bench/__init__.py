"""Measurements. Each script prints its figures with a reference measured in the same run; none is a test."""
