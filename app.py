"""The page of the project: `streamlit run app.py`, or `make run`."""

from ui.pages.page import show

show()
