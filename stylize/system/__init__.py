"""Threads and memory of the process, fair turns, text files, the version: nothing about pictures."""
