"""An embedded ProWebLook on loopback: the demo, the tests, and a place to try things."""
