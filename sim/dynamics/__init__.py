"""What moves slowly under the patients: a policy schedule, stocks, and the conditions they make."""
