Console.Error.WriteLine("testbed: no command yet");
return 1;
