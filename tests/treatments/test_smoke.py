from tests.treatments.make import *
def test_x(site, amara):
    s = make_signed(site, amara)
    assert s.sha256
