"""The page: charts and texts of app.py. No model is computed here; everything is asked of sim/ and
scenarios/."""
