static int halve(int number) {
  return number / 2;
}

__attribute__((export_name("clamp"))) int clamp(int number) {
  int halved = 0;
  for (int i = 0; i < 3; i++) {
    halved = halve(number);
  }
  if (halved > 10) {
    return 10;
  }
  return halved;
}

__attribute__((export_name("unused"))) int unused(void) {
  return 1;
}
