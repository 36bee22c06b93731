"""People who use Porchlight: users, teams, sessions."""
