"""What is owed and paid: balance, bills, penalty, the payment code and paper, money that came."""
