"""Tests of the make-believe Orb."""
