"""Services that are only named: what the console asks of them, answered as for an account that has nothing there."""
