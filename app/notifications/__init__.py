"""Telling our own people what happened: in the app, by e-mail, through the browser, in a chat room."""
