"""Where strangers' files are read: apart from the page, with an end; one's own in the page."""

import pytest

from stylize.image import workers
from stylize.webui.profiles import LOCAL, SHARE, SPACE

from .bench import Bench


def tasks_done():
    return sum(each.tasks for each in workers._pool._all)


@pytest.mark.parametrize("profile", [LOCAL, SHARE, SPACE], ids=lambda profile: profile.name)
def test_files_of_strangers_are_read_apart(tmp_path, profile):
    bench, before = Bench(tmp_path, profile), tasks_done()
    session = bench.session()
    assert tasks_done() == before  # none is started before there is a file
    bench.picture(session)
    assert (tasks_done() > before) == (profile is not LOCAL)
    assert (profile.limits().seconds is None) == (profile is LOCAL)
