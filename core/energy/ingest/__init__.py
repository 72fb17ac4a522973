"""CSV files of half-hourly readings to the account's table: streaming, validated row by row, nothing lost."""
