"""Threads and memory of the process, a fair queue, text files, the version: nothing about pictures."""
