"""For any WSGI server: ``gunicorn wsgi:app``.

``porchlight web`` serves ``app.asgi`` instead, which adds the live event stream; without that stream open pages ask for
news every few seconds.
"""

from app.factory import create_app

app = create_app()
