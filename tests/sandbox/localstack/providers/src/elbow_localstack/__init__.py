"""What the sandbox adds to LocalStack: AWS services that its free set lacks, and corrections where moto differs from AWS."""
