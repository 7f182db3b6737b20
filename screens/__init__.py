"""What people see: screens and their widgets. They ask the journal and show its state; they touch no system."""
