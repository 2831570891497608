Console.Error.WriteLine("broker: not built yet");
return 1;
