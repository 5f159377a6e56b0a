"""Programs that one would write instead: `GET /dashboard/{customer}` answers one document with what Orb says.

Each has one client for the life of its process, kept connections, and all calls in flight together that need not wait
for the list of subscriptions. PORT is where it listens, ORB_BASE_URL where it asks, ORB_API_KEY the key.
"""
