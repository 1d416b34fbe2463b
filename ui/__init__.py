"""What the pages share; besides them the only place that knows Streamlit."""
