"""Where runs are kept."""

from cairn.client.connect import get_tracking_uri, is_tracking_uri_set, set_tracking_uri

__all__ = ["get_tracking_uri", "is_tracking_uri_set", "set_tracking_uri"]
