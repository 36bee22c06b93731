"""What YouTube and Blogger share: our app at Google, signing in, and how Google answers."""
