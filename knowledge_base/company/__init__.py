"""The company's own facts (tariffs, offices, phones, days, rates), each in one place."""
